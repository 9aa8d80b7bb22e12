#!/usr/bin/env python3
"""usage: check_inference.py MODEL.onnx INPUTS.safetensors OUTPUTS.safetensors

Checks the model with onnx.checker (full) and writes what ONNX Runtime makes of the inputs."""

import sys

import onnx
import onnxruntime
from safetensors.numpy import load_file, save_file

path, inputs, outputs = sys.argv[1:]
onnx.checker.check_model(path, full_check=True)
session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
names = [output.name for output in session.get_outputs()]
feed = load_file(inputs)
values = session.run(names, {i.name: feed[i.name] for i in session.get_inputs()})
save_file(dict(zip(names, values)), outputs)
