#!/usr/bin/env python3
"""usage: edit_training.py IN.onnx OUT.onnx EDIT

Edits the training algorithm of a file with the onnx package:

  loss     the loss is multiplied by three (and so is every gradient)
  rule     every AdamW update is replaced by plain gradient descent, p - 0.1 g
  frozen   visual.proj is no longer updated"""

import sys

import onnx
from onnx import helper, numpy_helper
import numpy

source, target, edit = sys.argv[1:]
model = onnx.load(source)
(info,) = model.training_info
algorithm = info.algorithm

if edit == "loss":
    # Where the loss is made, and where its gradient starts: a seed of one becomes three.
    for node in algorithm.node:
        for index, name in enumerate(node.output):
            if name == "loss":
                node.output[index] = "unscaled_loss"
    algorithm.initializer.append(numpy_helper.from_array(numpy.float32(3), "three"))
    producer = next(i for i, node in enumerate(algorithm.node) if "unscaled_loss" in node.output)
    algorithm.node.insert(producer + 1, helper.make_node("Mul", ["unscaled_loss", "three"], ["loss"], "scale_loss"))
    seeds = [t for t in algorithm.initializer if t.name.startswith("gradient/") and numpy_helper.to_array(t).size == 1]
    (seed,) = [t for t in seeds if numpy_helper.to_array(t).reshape(-1)[0] == 1]
    array = numpy_helper.to_array(seed)
    seed.CopyFrom(numpy_helper.from_array(array * numpy.float32(3), seed.name))
elif edit == "rule":
    kept, rate = [], numpy_helper.from_array(numpy.float32(0.1), "descent_rate")
    algorithm.initializer.append(rate)
    for node in algorithm.node:
        if node.op_type.split("_")[0] != "AdamW":
            kept.append(node)
            continue
        p, g, m, v = node.input[:4]
        kept.append(helper.make_node("Mul", [g, "descent_rate"], [node.name + "/step"], node.name + "/Mul"))
        kept.append(helper.make_node("Sub", [p, node.name + "/step"], [node.output[0]], node.name + "/Sub"))
        kept.append(helper.make_node("Identity", [m], [node.output[1]], node.name + "/m"))
        kept.append(helper.make_node("Identity", [v], [node.output[2]], node.name + "/v"))
    del algorithm.node[:]
    algorithm.node.extend(kept)
elif edit == "frozen":
    bindings = [b for b in info.update_binding if b.key != "visual.proj"]
    del info.update_binding[:]
    info.update_binding.extend(bindings)
else:
    sys.exit(f"unknown edit {edit}")
onnx.save(model, target)
