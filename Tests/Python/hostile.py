#!/usr/bin/env python3
"""usage: hostile.py OUT

Writes OUT/NAME.onnx: small well-formed files whose numbers ask for what no machine has, or for what has no meaning. Each takes
x, float [2, 3, 8, 8], where it takes anything."""

import pathlib
import sys

from onnx import TensorProto, helper, numpy_helper
import numpy

out = pathlib.Path(sys.argv[1])
node = helper.make_node
FLOAT, INT64, INT32, BOOL = TensorProto.FLOAT, TensorProto.INT64, TensorProto.INT32, TensorProto.BOOL
HUGE, LEAST, MOST = 1 << 40, -(1 << 63), (1 << 63) - 1


def integers(name, values, dtype=numpy.int64):
    return numpy_helper.from_array(numpy.array(values, dtype), name)


def write(name, nodes, initializers=(), kind=FLOAT, opset=17, x=(2, 3, 8, 8), inputs=None):
    inputs = inputs or [helper.make_tensor_value_info("x", FLOAT, x)]
    graph = helper.make_graph(nodes, name, inputs, [helper.make_tensor_value_info("y", kind, None)], initializers)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    (out / f"{name}.onnx").write_bytes(model.SerializeToString())


def one(name, op, inputs=("x",), initializers=(), kind=FLOAT, opset=17, **attributes):
    write(name, [node(op, list(inputs), ["y"], **attributes)], initializers, kind, opset)


# Sizes that are claimed.
for label, sizes in {"huge": [HUGE], "product": [1 << 32, 1 << 32], "wraps": [1 << 33, 1 << 31], "most": [MOST],
                     "negative": [-5], "least": [LEAST], "many": [2] * 70}.items():
    one(f"constant-of-shape-{label}", "ConstantOfShape", ["s"], [integers("s", sizes)])
    one(f"expand-{label}", "Expand", ["x", "s"], [integers("s", sizes)])
    one(f"reshape-{label}", "Reshape", ["x", "s"], [integers("s", sizes)])
    one(f"random-{label}", "RandomNormal", [], shape=sizes, dtype=FLOAT)
for label, repeats in {"huge": [HUGE] * 4, "most": [MOST, 1, 1, 1], "negative": [-1, 1, 1, 1], "short": [2]}.items():
    one(f"tile-{label}", "Tile", ["x", "r"], [integers("r", repeats)])
for label, pads in {"huge": [HUGE] * 8, "most": [MOST] * 8, "least": [LEAST] * 8, "negative": [-100] * 8, "odd": [1, 2]}.items():
    one(f"pad-{label}", "Pad", ["x", "p"], [integers("p", pads)])
for label, scales in {"huge": [1, 1, 1e30, 1e30], "infinite": [1, 1, float("inf"), 1], "nan": [1, 1, float("nan"), 1],
                      "zero": [1, 1, 0, 0], "negative": [1, 1, -1, 1]}.items():
    one(f"resize-scales-{label}", "Resize", ["x", "", "s"], [integers("s", scales, numpy.float32)], mode="nearest")
for label, sizes in {"huge": [2, 3, HUGE, HUGE], "negative": [2, 3, -8, 8], "most": [MOST] * 4}.items():
    one(f"resize-sizes-{label}", "Resize", ["x", "", "", "s"], [integers("s", sizes)], mode="linear")
for label, (start, limit, step) in {"huge": (0, HUGE, 1), "zero-step": (0, 10, 0), "least": (MOST, LEAST, -1),
                                    "most": (LEAST, MOST, 1)}.items():
    one(f"range-{label}", "Range", "abc", [integers(n, v) for n, v in zip("abc", (start, limit, step))], INT64)
one("one-hot-huge", "OneHot", ["i", "d", "v"],
    [integers("i", [0, 1]), integers("d", HUGE), integers("v", [0, 1], numpy.float32)])
one("one-hot-negative", "OneHot", ["i", "d", "v"],
    [integers("i", [0, 1]), integers("d", -4), integers("v", [0, 1], numpy.float32)])
one("eye-like-huge", "EyeLike", ["e"], [integers("e", numpy.zeros((2, 2)))], k=LEAST, dtype=FLOAT)

# Attributes and indices without meaning.
weights = [integers("w", numpy.ones((4, 3, 3, 3)), numpy.float32)]
for label, attributes in {
    "strides-zero": {"strides": [0, 0]}, "strides-most": {"strides": [MOST, MOST]}, "strides-negative": {"strides": [-1, 1]},
    "dilations-most": {"dilations": [MOST, MOST]}, "dilations-zero": {"dilations": [0, 1]},
    "pads-most": {"pads": [MOST] * 4}, "pads-huge": {"pads": [HUGE] * 4}, "group-zero": {"group": 0}, "group-least": {"group": LEAST},
    "group-five": {"group": 5}, "kernel-lies": {"kernel_shape": [7, 7]}, "kernel-short": {"kernel_shape": [3]},
}.items():
    one(f"conv-{label}", "Conv", ["x", "w"], weights, **attributes)
    if label != "kernel-lies":
        one(f"conv-transpose-{label}", "ConvTranspose", ["x", "u"],
            [integers("u", numpy.ones((3, 4, 3, 3)), numpy.float32)], **attributes)
for label, attributes in {"kernel-zero": {"kernel_shape": [0, 0]}, "kernel-most": {"kernel_shape": [MOST, MOST]},
                          "strides-zero": {"kernel_shape": [2, 2], "strides": [0, 0]},
                          "pads-most": {"kernel_shape": [2, 2], "pads": [MOST] * 4}}.items():
    one(f"max-pool-{label}", "MaxPool", **attributes)
    one(f"average-pool-{label}", "AveragePool", **attributes)
for op, axes in {"Softmax": {"axis": LEAST}, "Concat": {"axis": MOST}, "Flatten": {"axis": 99}, "ArgMax": {"axis": -99},
                 "LayerNormalization": {"axis": LEAST}, "Transpose": {"perm": [0, 0, 1, 2]}, "CumSum": {}}.items():
    inputs = {"LayerNormalization": ["x", "g"], "CumSum": ["x", "a"]}.get(op, ["x"])
    extra = [integers("g", numpy.ones(8), numpy.float32), integers("a", LEAST)]
    one(f"axis-{op.lower()}", op, inputs, [e for e in extra if e.name in inputs],
        INT64 if op == "ArgMax" else FLOAT, **axes)
for label, (starts, ends, axes, steps) in {
    "step-zero": ([0], [8], [2], [0]), "step-least": ([MOST], [LEAST], [2], [LEAST]), "step-most": ([0], [MOST], [2], [MOST]),
    "axis": ([0], [1], [LEAST], [1]), "twice": ([0, 0], [1, 1], [2, 2], [1, 1]), "uneven": ([0, 1], [1], [2], [1]),
}.items():
    one(f"slice-{label}", "Slice", ["x", "s", "e", "a", "t"],
        [integers(n, v) for n, v in zip("seat", (starts, ends, axes, steps))])
for label, index in {"beyond": 99, "least": LEAST, "most": MOST}.items():
    one(f"gather-{label}", "Gather", ["x", "i"], [integers("i", [index])])
    one(f"gather-elements-{label}", "GatherElements", ["x", "i"], [integers("i", [[[[index]]]])])
    one(f"gather-nd-{label}", "GatherND", ["x", "i"], [integers("i", [[index]])])
    one(f"scatter-nd-{label}", "ScatterND", ["x", "i", "u"],
        [integers("i", [[index]]), integers("u", numpy.zeros((1, 3, 8, 8)), numpy.float32)])
    one(f"split-{label}", "Split", ["x", "i"], [integers("i", [index])])
    one(f"top-k-{label}", "TopK", ["x", "i"], [integers("i", [index])])

# Integer arithmetic at its ends.
for op, a, b in [("Div", LEAST, -1), ("Div", 1, 0), ("Mod", LEAST, -1), ("Mod", 5, 0), ("Mul", LEAST, -1), ("Add", MOST, MOST),
                 ("Sub", LEAST, MOST), ("Pow", MOST, MOST)]:
    one(f"integers-{op.lower()}-{a}-{b}", op, "ab", [integers("a", [a]), integers("b", [b])], INT64)
one("integers-abs", "Abs", "a", [integers("a", [LEAST])], INT64)
one("integers-neg", "Neg", "a", [integers("a", [LEAST])], INT64)
for label, number in {"nan": float("nan"), "infinity": float("inf"), "large": 1e30, "small": -1e30}.items():
    for kind, letter in [(INT64, "long"), (INT32, "int"), (TensorProto.UINT8, "byte"), (BOOL, "bool")]:
        one(f"cast-{label}-{letter}", "Cast", "a", [integers("a", [number], numpy.float32)], kind, to=kind)

# Much from little.
chain = [node("ConstantOfShape", ["s"], ["v0"])] + [node("Exp", [f"v{i}"], [f"v{i + 1}"]) for i in range(300)]
write("fold-bytes", chain + [node("Add", ["x", "v300"], ["y"])], [integers("s", [1024, 3, 1024, 1])], x=(1, 1, 1, 1))
square = [node("ConstantOfShape", ["s"], ["v0"])] + [node("MatMul", [f"v{i}"] * 2, [f"v{i + 1}"]) for i in range(400)]
write("fold-work", square + [node("Slice", ["v400", "l", "h"], ["c"]), node("Add", ["x", "c"], ["y"])],
      [integers("s", [1800, 1800]), integers("l", [0, 0]), integers("h", [8, 8])])
double = [node("Concat", [f"v{i}"] * 2, [f"v{i + 1}"], axis=0) for i in range(60)]
write("doubling", [node("Identity", ["x"], ["v0"])] + double + [node("Identity", ["v60"], ["y"])])

# Much from little, by subgraphs and functions.
value = helper.make_tensor_value_info


def loop(name, trips, body_nodes, inside=(), functions=()):
    """A loop over a carried tensor c, whose body turns a into b."""
    body = helper.make_graph(
        [node("Identity", ["going"], ["go"]), *body_nodes], "body",
        [value("i", INT64, []), value("going", BOOL, []), value("a", FLOAT, None)],
        [value("go", BOOL, []), value("b", FLOAT, None)], list(inside))
    graph = helper.make_graph(
        [node("Loop", ["trips", "", "x"], ["y"], body=body)], name, [value("x", FLOAT, (2, 3, 8, 8))],
        [value("y", FLOAT, None)], [integers("trips", trips)])
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("own", 1)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=8, functions=list(functions))
    (out / f"{name}.onnx").write_bytes(model.SerializeToString())


def function(name, nodes):
    return helper.make_function("own", name, ["a"], ["b"], nodes, [helper.make_opsetid("", 17), helper.make_opsetid("own", 1)])


def twice(op, domain=""):
    return [node(op, ["a"], ["m"], domain=domain), node(op, ["m"], ["b"], domain=domain)]


chain = [function(f"F{i}", twice(f"F{i + 1}", "own") if i < 15 else twice("Sin")) for i in range(16)]
loop("loop-of-functions", 4000, [node("F0", ["a"], ["b"], domain="own")], functions=chain)
loop("loop-most", MOST, twice("Sin"))
loop("loop-negative", LEAST, twice("Sin"))
inner = helper.make_graph(
    [node("Identity", ["going2"], ["go2"]), *[node(op, [a], [b]) for op, a, b in (("Sin", "a2", "m2"), ("Sin", "m2", "b2"))]],
    "inner", [value("i2", INT64, []), value("going2", BOOL, []), value("a2", FLOAT, None)],
    [value("go2", BOOL, []), value("b2", FLOAT, None)])
loop("loop-of-loops", 2000, [node("Loop", ["n", "", "a"], ["b"], body=inner)], [integers("n", 2000)])
deep = helper.make_graph([node("Sin", ["x"], ["t0"])], "deepest", [], [value("t0", FLOAT, None)])
for level in range(1, 24):
    deep = helper.make_graph(
        [node("If", ["c"], [f"t{level}"], then_branch=deep, else_branch=helper.make_graph(
            [node("Cos", ["x"], [f"e{level}"])], "else", [], [value(f"e{level}", FLOAT, None)]))],
        f"level{level}", [], [value(f"t{level}", FLOAT, None)])
write("if-deep", [node("If", ["c"], ["y"], then_branch=deep, else_branch=deep)], [integers("c", True, numpy.bool_)])
ring = [function("A", twice("B", "own")), function("B", twice("A", "own"))]
loop("loop-of-a-ring", 2, [node("A", ["a"], ["b"], domain="own")], functions=ring)
