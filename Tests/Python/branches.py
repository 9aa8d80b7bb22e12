#!/usr/bin/env python3
"""usage: branches.py OUT

Writes OUT/NAME.onnx, a graph with conditions and loops that sizes decide only when it runs, or data, with inputs and what ONNX
Runtime gives as OUT/NAME.io_N.safetensors for batches of N."""

import pathlib
import sys

import numpy
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import save_file

out = pathlib.Path(sys.argv[1])
random = numpy.random.default_rng(7)
onnxruntime.set_default_logger_severity(3)
node, FLOAT, HALF = helper.make_node, TensorProto.FLOAT, TensorProto.FLOAT16
COUNT = [node("Shape", ["x"], ["shape"]), node("Gather", ["shape", "zero"], ["n"], axis=0)]


def fixed(name, value, dtype=None):
    return numpy_helper.from_array(numpy.array(value, dtype), name)


NUMBERS = [fixed("zero", 0), fixed("two", 2), fixed("four", 4), fixed("true", True)]


def branch(nodes, output, kind=FLOAT, initializers=()):
    return helper.make_graph(nodes, "branch", [], [helper.make_tensor_value_info(output, kind, [None, 4])], initializers)


def body(nodes, condition, outputs, carried=("v",), kind=FLOAT):
    inputs = [helper.make_tensor_value_info("i", TensorProto.INT64, []),
              helper.make_tensor_value_info("goes", TensorProto.BOOL, [])]
    inputs += [helper.make_tensor_value_info(c, kind, None) for c in carried]
    results = [helper.make_tensor_value_info(condition, TensorProto.BOOL, [])]
    results += [helper.make_tensor_value_info(o, kind, None) for o in outputs]
    return helper.make_graph(nodes, "body", inputs, results)


def case(name, nodes, outputs=("y",), dtype="float32", initializers=(), opset=17):
    kind = helper.np_dtype_to_tensor_dtype(numpy.dtype(dtype))
    graph = helper.make_graph(
        nodes, name, [helper.make_tensor_value_info("x", kind, ["batch", 4])],
        [helper.make_tensor_value_info(o, kind, None) for o in outputs], NUMBERS + list(initializers))
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    onnx.save(model, out / f"{name}.onnx")
    for batch in (2, 3, 5):
        x = random.standard_normal((batch, 4)).astype(dtype)
        tensors = {"in.x": x} | {f"out.{o}": v for o, v in zip(outputs, session.run(None, {"x": x}))}
        save_file({k: numpy.array(v, order="C") for k, v in tensors.items()}, out / f"{name}.io_{batch}.safetensors")


weight = random.standard_normal((4, 4)).astype("float32")
# Large enough to lie in the outermost graph.
wide = random.standard_normal((4, 300)).astype("float32")
more = COUNT + [node("Greater", ["n", "two"], ["more"])]
inner = branch([node("If", ["many"], ["r"], "inner",
                     then_branch=branch([node("Mul", ["z", "z"], ["p"])], "p"),
                     else_branch=branch([node("Softmax", ["z"], ["q"], axis=-1)], "q"))], "r")
inner.node.insert(0, node("Greater", ["n", "four"], ["many"]))
inner.node.insert(0, node("MatMul", ["x", "w"], ["z"]))
case("if-nested", more + [node("If", ["more"], ["y"], then_branch=inner, else_branch=branch(
    [node("MatMul", ["x", "wide"], ["m"]), node("ReduceMax", ["m"], ["k"], axes=[1]), node("Add", ["x", "k"], ["s"])],
    "s", initializers=[numpy_helper.from_array(wide, "wide")]))], initializers=[fixed("w", weight)])
# A branch that gives a value from around, and a constant.
case("if-passing", more + [node("Relu", ["x"], ["a"]), node("If", ["more"], ["b"], then_branch=branch(
    [node("Identity", ["a"], ["c"])], "c"), else_branch=branch([node("Neg", ["a"], ["d"])], "d")),
    node("Add", ["b", "x"], ["y"])])
# The same names in both branches, and around.
case("if-names", more + [node("Relu", ["x"], ["t"]), node("If", ["more"], ["y"], then_branch=branch(
    [node("Exp", ["t"], ["u"]), node("Add", ["u", "t"], ["v"])], "v"), else_branch=branch(
    [node("Tanh", ["t"], ["u"]), node("Sub", ["u", "t"], ["v"])], "v"))])
case("if-split", more + [node("If", ["more"], ["y"], then_branch=branch(
    [node("Split", ["x"], ["u", "v"], axis=1), node("Concat", ["v", "u"], ["w"], axis=1)], "w"),
    else_branch=branch([node("Neg", ["x"], ["d"])], "d"))])
case("if-data", [node("ReduceSum", ["x"], ["sum"], keepdims=0), node("Greater", ["sum", "level"], ["more"]), node(
    "If", ["more"], ["y"], then_branch=branch([node("Exp", ["x"], ["u"])], "u"), else_branch=branch(
        [node("MatMul", ["x", "w"], ["v"])], "v"))], initializers=[fixed("w", weight), fixed("level", 0.5, "float32")])
step = [node("Cast", ["i"], ["f"], to=FLOAT), node("Mul", ["x", "f"], ["p"]), node("Add", ["v", "p"], ["s"]),
        node("Identity", ["true"], ["on"])]
case("loop", COUNT + [node("Loop", ["n", "true", "x"], ["y"], body=body(step, "on", ["s"]))])
case("loop-slices", COUNT + [node("Loop", ["n", "", "x"], ["y", "all"], body=body(
    step[:3] + [node("ReduceSum", ["s"], ["row"], keepdims=0), node("Identity", ["goes"], ["on"])], "on", ["s", "row"]))],
    outputs=["y", "all"])
case("loop-nested", COUNT + [node("Loop", ["n", "true", "x"], ["y"], body=body(
    step[:3] + [node("Loop", ["n", "true", "s"], ["r"], "again", body=body(
        [node("Tanh", ["w"], ["t"]), node("Add", ["t", "p"], ["z"]), node("Identity", ["true"], ["also"])], "also", ["z"],
        carried=["w"])), node("Identity", ["true"], ["on"])], "on", ["r"]))])
nested = body([node("Add", ["k", "two"], ["next"]), node("Less", ["next", "n"], ["on"]), node("MatMul", ["v", "w"], ["s"])],
              "on", ["s"])
nested.input.append(helper.make_tensor_value_info("k", TensorProto.INT64, []))
nested.output.append(helper.make_tensor_value_info("next", TensorProto.INT64, []))
case("loop-while", COUNT + [node("Less", ["zero", "n"], ["first"]),
     node("Loop", ["", "first", "x", "zero"], ["y", "last"], body=nested)], initializers=[fixed("w", weight)])
case("loop-if", COUNT + [node("Loop", ["n", "true", "x"], ["y"], body=body(
    [node("Greater", ["i", "zero"], ["later"]), node("If", ["later"], ["s"], then_branch=branch(
        [node("Add", ["v", "x"], ["a"])], "a"), else_branch=branch([node("Gelu", ["v"], ["b"])], "b")),
     node("Identity", ["true"], ["on"])], "on", ["s"]))], opset=20)
half = [fixed("bias", weight[0], "float16"), fixed("w", weight, "float16")]
case("fp16-if", more + [node("If", ["more"], ["y"], then_branch=branch(
    [node("Add", ["x", "bias"], ["u"])], "u", HALF), else_branch=branch([node("MatMul", ["x", "w"], ["v"])], "v", HALF))],
    dtype="float16", initializers=half)
case("fp16-loop", COUNT + [node("Loop", ["n", "true", "x"], ["y"], body=body(
    [node("MatMul", ["v", "w"], ["t"]), node("Tanh", ["t"], ["s"]), node("Identity", ["true"], ["on"])], "on", ["s"],
    kind=HALF))], dtype="float16", initializers=half)
