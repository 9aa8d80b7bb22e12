#!/usr/bin/env python3
"""usage: readings.py OUT

Writes OUT/NAME.onnx, graphs whose reading is the point (conditions, loops, sequences, constants of every kind, functions,
defaults), with inputs and what ONNX Runtime (or onnx.reference) makes of them as OUT/NAME.safetensors."""

import pathlib
import sys

import numpy
import onnx
import onnx.parser
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator
from safetensors.numpy import save_file

onnxruntime.set_default_logger_severity(4)
out = pathlib.Path(sys.argv[1])
random = numpy.random.default_rng(5)


def floats(*shape):
    return random.standard_normal(shape, dtype=numpy.float32)


def case(name, model, **feed):
    if isinstance(model, str):
        model = onnx.parser.parse_model(f'<ir_version: 8, opset_import: ["" : 17, "local" : 1]>\n{model}')
    try:
        session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
        values = session.run(None, feed)
    except Exception:
        values = ReferenceEvaluator(model).run(None, feed)
    onnx.save(model, out / f"{name}.onnx")
    tensors = {f"in.{k}": v for k, v in feed.items()}
    tensors |= {f"out.{o.name}": numpy.array(v) for o, v in zip(model.graph.output, values)}
    save_file({k: numpy.array(v, order="C") for k, v in tensors.items()}, out / f"{name}.safetensors")


BRANCHES = """
    then_branch = t () => (float[N, M] a) {{ one = Constant <value_float = 1.0> ()  a = Add({0}, one) }},
    else_branch = e () => (float[N, M] b) {{ b = Mul({0}, {0}) }}"""

for limit in (2, 9):
    case(f"if_shape_{limit}", f"""g (float[batch, 3] x) => (float[batch, 3] y) {{
        s = Shape(x)  zero = Constant <value_int = 0> ()  limit = Constant <value_int = {limit}> ()
        n = Gather(s, zero)  c = Greater(n, limit)
        y = If (c) <{BRANCHES.format("x")}>
    }}""", x=floats(4, 3))
case("if_data", f"""g (float[2, 3] x, bool c) => (float[2, 3] y) {{
    y = If (c) <{BRANCHES.format("x")}>
}}""", x=floats(2, 3), c=numpy.array(False))
case("if_ranks", """g (float[batch, 1, 3] x) => (y) {
    s = Shape(x)  i = Constant <value_int = 1> ()  n = Gather(s, i)  one = Constant <value_int = 1> ()
    c = Equal(n, one)
    y = If (c) <
        then_branch = t () => (a) { axes = Constant <value_ints = [1]> ()  a = Squeeze(x, axes) },
        else_branch = e () => (b) { b = Identity(x) }>
}""", x=floats(2, 1, 3))
for trips in ("batch", "3"):
    count = "Gather(s, zero)" if trips == "batch" else f"Constant <value_int = {trips}> ()"
    case(f"loop_{trips}", f"""g (float[batch, 3] x) => (float[batch, 3] y, float[K, batch, 3] all) {{
        s = Shape(x)  zero = Constant <value_int = 0> ()  n = {count}
        y, all = Loop (n, , x) <body = b (int64 i, bool go, float[N, M] v) => (bool on, float[N, M] w, float[N, M] each) {{
            k = Cast <to = 1> (i)  t = Mul(x, k)  w = Add(v, t)  each = Neg(w)  on = Identity(go)
        }}>
    }}""", x=floats(2, 3))
case("loop_until", """g (float[2] x) => (float[2] y) {
    n = Constant <value_int = 10> ()  go = Constant <value = bool {1}> ()  limit = Constant <value_int = 3> ()
    y = Loop (n, go, x) <body = b (int64 i, bool c, float[N] v) => (bool on, float[N] w) {
        w = Add(v, v)  on = Less(i, limit)
    }>
}""", x=floats(2))
case("loop_growing", """g (float[1, 3] x) => (y) {
    n = Constant <value_int = 3> ()
    y = Loop (n, , x) <body = b (int64 i, bool c, v) => (bool on, w) {
        w = Concat <axis = 0> (v, x)  on = Identity(c)
    }>
}""", x=floats(1, 3))
case("loop_in_if", """g (float[batch, 3] x) => (y) {
    s = Shape(x)  zero = Constant <value_int = 0> ()  n = Gather(s, zero)  one = Constant <value_int = 1> ()
    c = Greater(n, one)
    y = If (c) <
        then_branch = t () => (a) {
            a = Loop (n, , x) <body = b (int64 i, bool d, float[N, M] v) => (bool on, float[N, M] w) {
                k = Cast <to = 1> (n)  w = Add(v, k)  on = Identity(d)
            }>
        },
        else_branch = e () => (b2) { b2 = Neg(x) }>
}""", x=floats(3, 3))
case("sequences", """g (float[6, 4] x) => (y, int64 n) {
    two = Constant <value_int = 2> ()  last = Constant <value_int = -1> ()  first = Constant <value_int = 0> ()
    parts = SplitToSequence <axis = 0> (x, two)
    a = SequenceAt(parts, last)  b = SequenceAt(parts, first)
    few = SequenceConstruct(a, b)  more = SequenceInsert(few, a, first)
    n = SequenceLength(more)  y = ConcatFromSequence <axis = 1, new_axis = 0> (more)
}""", x=floats(6, 4))
case("constants", """g (float[2] x) => (y) {
    a = Constant <value_float = 0.5> ()  b = Constant <value_floats = [1.0, 2.0]> ()  c = Constant <value_int = 3> ()
    d = Constant <value_ints = [4, 5]> ()  unread = Constant <value_string = "words"> ()
    e = Mul(c, d)  f = Cast <to = 1> (e)  g1 = Add(x, a)  g2 = Add(g1, b)  y = Add(g2, f)
}""", x=floats(2))
case("functions", """g (float[2, 3] x) => (y) { y = local.outer <slope = 0.25> (x) }
<domain: "local", opset_import: ["" : 17, "local" : 1]> outer <slope> (v) => (w) {
    a = local.inner <alpha: float = @slope> (v)  w = local.inner (a)
}
<domain: "local", opset_import: ["" : 14]> inner <alpha: float = 0.5> (v) => (w) {
    w = LeakyRelu <alpha: float = @alpha> (v)
}""", x=floats(2, 3))
case("non_zero_of_ones", """g (float[batch, 3] x) => (y) {
    s = Shape(x)  zero = Constant <value = int64[1] {0}> ()  n = Gather(s, zero)
    ones = ConstantOfShape <value = int64[1] {1}> (n)  places = NonZero(ones)
    flat = Constant <value_ints = [-1]> ()  i = Reshape(places, flat)  y = Gather(x, i)
}""", x=floats(3, 3))
case("sizes_by_arithmetic", """g (float[batch, 2, 5, 6] x) => (y) {
    s = Shape(x)  h = Constant <value_ints = [2]> ()  e = Constant <value_ints = [4]> ()
    extents = Slice(s, h, e)  real = Cast <to = 1> (extents)  half = Constant <value_float = 0.6> ()
    scaled = Mul(real, half)  low = Floor(scaled)  whole = Cast <to = 7> (low)
    zero = Constant <value_ints = [0]> ()  two = Constant <value_ints = [2]> ()
    before = Slice(s, zero, two)  sizes = Concat <axis = 0> (before, whole)
    y = Resize <mode = "linear"> (x, , , sizes)
}""", x=floats(2, 2, 5, 6))

values, indices = floats(2), numpy.array([1, 5], numpy.int64)
sparse = helper.make_sparse_tensor(numpy_helper.from_array(values, "w"), numpy_helper.from_array(indices), [2, 3])
x = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", 3])
y = helper.make_tensor_value_info("y", TensorProto.FLOAT, None)
imports = [helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.unheard.of", 3)]
add = helper.make_node("Add", ["x", "w"], ["y"], domain="ai.onnx")
graph = helper.make_graph([helper.make_node("Add", ["x", "w"], ["y"])], "g", [x], [y], sparse_initializer=[sparse])
case("sparse_initializer", helper.make_model(graph, opset_imports=imports[:1], ir_version=8), x=floats(2, 3))
constant = helper.make_node("Constant", [], ["w"], sparse_value=sparse)
graph = helper.make_graph([constant, graph.node[0]], "g", [x], [y])
case("sparse_constant", helper.make_model(graph, opset_imports=imports[:1], ir_version=8), x=floats(2, 3))

w = numpy_helper.from_array(floats(3), "w")
shape = numpy_helper.from_array(numpy.array([-1, 3], numpy.int64), "shape")
inputs = [x, helper.make_tensor_value_info("w", TensorProto.FLOAT, [3]),
          helper.make_tensor_value_info("shape", TensorProto.INT64, [2])]
nodes = [add, helper.make_node("Reshape", ["y", "shape"], ["z"])]
z = helper.make_tensor_value_info("z", TensorProto.FLOAT, None)
graph = helper.make_graph(nodes, "g", inputs, [z], initializer=[w, shape])
model = helper.make_model(graph, opset_imports=imports, ir_version=8)
case("defaults", model, x=floats(2, 3))
case("defaults_given", model, x=floats(2, 3), w=floats(3))
case("defaults_that_decide", model, x=floats(2, 3), shape=numpy.array([6, -1], numpy.int64))
