#!/usr/bin/env python3
"""usage: check_training.py MODEL.onnx INPUTS.safetensors OUTPUTS.safetensors

Runs one training step of the file in ONNX Runtime: graph and algorithm joined into an ordinary model. Writes the algorithm's
outputs by name, and every updated state as `state.NAME`."""

import sys

import numpy
import onnx
import onnxruntime
from safetensors.numpy import load_file, save_file

from combined import combine

path, inputs, outputs = sys.argv[1:]
model = onnx.load(path)
onnx.checker.check_model(model, full_check=True)
(info,) = model.training_info
joined = combine(model)
onnx.checker.check_model(joined, full_check=True)
options = onnxruntime.SessionOptions()
options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
session = onnxruntime.InferenceSession(joined.SerializeToString(), options, providers=["CPUExecutionProvider"])
feed = load_file(inputs)
names = [output.name for output in session.get_outputs()]
values = dict(zip(names, session.run(names, {i.name: feed[i.name] for i in session.get_inputs()})))
result = {output.name: values[output.name] for output in info.algorithm.output}
result |= {"state." + binding.key: values[binding.value] for binding in info.update_binding}
save_file({name: numpy.array(value, order="C") for name, value in result.items()}, outputs)
