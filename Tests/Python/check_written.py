#!/usr/bin/env python3
"""usage: check_written.py FOLDER EXPECTED

Every FOLDER/NAME@HOW.onnx (HOW is plain where the graph is as others wrote it) must pass onnx.checker (full), and ONNX Runtime must make of the inputs `in.…` of
EXPECTED/NAME.io*.safetensors what `out.…` there says: within 1e-4 of the largest number, more for half precision and quantised files."""

import pathlib
import sys

import numpy
import onnx
import onnxruntime
from safetensors.numpy import load_file

folder, expected = map(pathlib.Path, sys.argv[1:])
onnxruntime.set_default_logger_severity(3)


def bound_of(name):
    """Quantised files: what a sum that rounds the other way may do."""
    for part, bound in (("__dynq", 2e-2), ("__static_q", 5e-2), ("fp16", 1e-2), ("bf16", 1e-2)):
        if part in name:
            return bound
    return 1e-4


def complaint(path):
    name = path.name.split("@")[0]
    try:
        onnx.checker.check_model(path, full_check=True)
        options = onnxruntime.SessionOptions()
        if path.stem.endswith("@plain"):
            # Its optimiser crashes on some graphs of others in half precision.
            options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        bound = bound_of(name)
        runs = sorted(expected.glob(name + ".io*.safetensors"))
        if not runs:
            return "there is nothing to compare with"
        names = [output.name for output in session.get_outputs()]
        for run in map(load_file, runs):
            feed = {key[3:]: value for key, value in run.items() if key.startswith("in.")}
            made = dict(zip(names, session.run(names, feed)))
            for key, truth in run.items():
                if not key.startswith("out."):
                    continue
                value = made[key[4:]].astype(numpy.float64)
                if value.shape != truth.shape:
                    return f"{key} is {value.shape}, not {truth.shape}"
                error = abs(value - truth.astype(numpy.float64)).max() / abs(truth.astype(numpy.float64)).max()
                if not error <= bound:
                    return f"{key} is off by {error}"
    except Exception as error:
        return str(error)[:300]


paths = sorted(folder.glob("*.onnx"))
found = [f"{path.name}: {words}" for path in paths if (words := complaint(path))]
if found or not paths:
    sys.exit("\n".join(found) or "there are no files")
