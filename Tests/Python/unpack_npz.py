#!/usr/bin/env python3
"""usage: unpack_npz.py FOLDER OUT

Writes FOLDER/NAME/io*.npz as OUT/NAME.io*.safetensors: inputs as they are, expected outputs of half precision as float32."""

import pathlib
import sys

import numpy
from safetensors.numpy import save_file

folder, out = map(pathlib.Path, sys.argv[1:])
for path in sorted(folder.glob("*/io*.npz")):
    tensors = {}
    for key, value in numpy.load(path).items():
        if key.startswith("out.") and value.dtype == numpy.float16:
            value = value.astype(numpy.float32)
        if key.startswith(("in.", "out.")):
            tensors[key] = numpy.ascontiguousarray(value)
    save_file(tensors, out / f"{path.parent.name}.{path.stem}.safetensors")
