#!/usr/bin/env python3
"""usage: check_trainable.py MODEL.onnx INPUTS.safetensors STEP.safetensors softmax|sigmoid

Compares `loss` and every `gradient.NAME` of STEP with the contrastive loss that ONNX Runtime gives for the file, and with its
central differences in a direction halfway between the gradient's and a random one. Prints the largest error; fails
where it is too large."""

import sys

import numpy
import onnx
import onnxruntime
from onnx import helper, numpy_helper
from safetensors.numpy import load_file

LOSS, SLOPE = 1e-4, 5e-3


def parameters_as_inputs(model, names):
    """Values of the named constants, which become inputs of the graph."""
    graph, values = model.graph, {}
    for node in list(graph.node):
        if node.op_type == "Constant" and node.output[0] in names:
            values[node.output[0]] = numpy_helper.to_array(node.attribute[0].t)
            graph.node.remove(node)
    for tensor in list(graph.initializer):
        if tensor.name in names:
            values[tensor.name] = numpy_helper.to_array(tensor)
            graph.initializer.remove(tensor)
    known = {value.name for value in graph.input}
    for name, array in values.items():
        if name not in known:
            graph.input.append(helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, array.shape))
    return values


def loss(logits, kind):
    logits = logits.astype(numpy.float64)
    if kind == "sigmoid":
        signs = 2 * numpy.eye(len(logits)) - 1
        return numpy.logaddexp(0, -signs * logits).sum() / len(logits)
    both = [numpy.logaddexp.reduce(l, axis=1) - numpy.diag(l) for l in (logits, logits.T)]
    return (both[0].mean() + both[1].mean()) / 2


def main(path, feeds, step, kind):
    feeds, step = load_file(feeds), load_file(step)
    names = {key[len("gradient.") :] for key in step if key.startswith("gradient.")}
    model = onnx.load(path)
    values = parameters_as_inputs(model, names)
    own = names - set(values)
    assert own <= {"logit_scale"}, f"{own} are no constants of the file"
    values |= {name: numpy.array(numpy.log(1 / 0.07), numpy.float32) for name in own}
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    wanted = [output.name for output in session.get_outputs()]
    taken = {value.name for value in session.get_inputs()}
    scale = next((name for name in values if name.endswith("logit_scale")), None)

    def at(parameters):
        given = {name: array for name, array in (feeds | parameters).items() if name in taken}
        outputs = dict(zip(wanted, session.run(wanted, given)))
        if "logits_per_image" in outputs:
            return loss(outputs["logits_per_image"], kind)
        features = [next(v for k, v in outputs.items() if k.startswith(tower) and v.ndim == 2) for tower in ("image", "text")]
        units = [f.astype(numpy.float64) / numpy.linalg.norm(f, axis=1, keepdims=True) for f in features]
        return loss(numpy.exp(parameters[scale].astype(numpy.float64)) * units[0] @ units[1].T, kind)

    truth, given = at(values), float(step["loss"])
    assert abs(given - truth) <= LOSS * abs(truth), f"the loss is {given}, not {truth}"
    random = numpy.random.default_rng(0)
    largest = max(numpy.linalg.norm(step["gradient." + name]) for name in names)
    worst = (0, "")
    for name in sorted(names):
        gradient = step["gradient." + name].astype(numpy.float64)
        size = numpy.linalg.norm(gradient)
        noise = numpy.asarray(random.standard_normal(gradient.shape))
        direction = gradient / max(size, 1e-30) + noise / numpy.linalg.norm(noise)
        expected = (gradient * direction).sum()
        length = min(0.002 / max(abs(expected), 0.05 * largest), 0.01 * max(numpy.linalg.norm(values[name]), 0.1))
        moved = [numpy.asarray(values[name] + sign * length * direction, numpy.float32) for sign in (1, -1)]
        numeric = (at(values | {name: moved[0]}) - at(values | {name: moved[1]})) / (2 * length)
        error = abs(numeric - expected) / max(size, 0.05 * largest)
        worst = max(worst, (error, f"{name}: {expected}, numerically {numeric}"))
    print(f"{len(names)} gradients; the worst is off by {worst[0]:.2e} ({worst[1]})")
    assert worst[0] <= SLOPE, "a gradient is off"


main(*sys.argv[1:])
