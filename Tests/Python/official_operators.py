#!/usr/bin/env python3
"""usage: official_operators.py OUT

Writes OUT/NAME.onnx, graphs of operators as the official tests know them (pooling along any number of axes, attention with
windows and lengths, axes that are inputs, derivatives and optimisers), with inputs and what they must give as
OUT/NAME.safetensors: from ONNX Runtime, onnx.reference, equations in numpy, or from the derivative worked out by hand."""

import pathlib
import sys

import numpy
import onnx
import onnx.parser
import onnxruntime
from onnx.reference import ReferenceEvaluator
from safetensors.numpy import save_file

out = pathlib.Path(sys.argv[1])
onnxruntime.set_default_logger_severity(4)
random = numpy.random.default_rng(6)
TRAINING = "ai.onnx.preview.training"


def floats(*shape):
    return random.standard_normal(shape, dtype=numpy.float32)


def runtime(text, feed, opset):
    model = onnx.parser.parse_model(f'<ir_version: 10, opset_import: ["" : {opset}]>\n{text}')
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, feed)


def case(name, text, expected=None, opset=22, **feed):
    model = onnx.parser.parse_model(f'<ir_version: 10, opset_import: ["" : {opset}, "{TRAINING}" : 1]>\n{text}')
    if expected is None:
        expected = ReferenceEvaluator(model).run(None, feed)
    onnx.save(model, out / f"{name}.onnx")
    tensors = {f"in.{k}": v for k, v in feed.items()}
    tensors |= {f"out.{o.name}": numpy.array(v) for o, v in zip(model.graph.output, expected)}
    save_file({k: numpy.array(v, order="C") for k, v in tensors.items()}, out / f"{name}.safetensors")


# Pooling.
for name, attributes, shape in [
    ("1d", "kernel_shape = [3], strides = [2]", (2, 3, 11)),
    ("1d_pads", "kernel_shape = [4], pads = [1, 2]", (2, 3, 9)),
    ("1d_upper", 'kernel_shape = [3], strides = [2], auto_pad = "SAME_UPPER"', (2, 3, 8)),
    ("3d", "kernel_shape = [2, 3, 2], strides = [1, 2, 1]", (2, 2, 5, 7, 4)),
    ("3d_dilated", "kernel_shape = [2, 2, 3], dilations = [2, 1, 2]", (1, 2, 5, 4, 7)),
    ("3d_ceil", "kernel_shape = [2, 2, 2], strides = [2, 2, 2], ceil_mode = 1", (1, 2, 5, 4, 7)),
]:
    x = ", ".join(["batch"] + [str(n) for n in shape[1:]])
    for op, more in [("MaxPool", ""), ("AveragePool", ""), ("AveragePool", ", count_include_pad = 1")]:
        label = op.lower() + ("_pads_count" if more else "")
        text, feed = f"g (float[{x}] x) => (y) {{ y = {op} <{attributes}{more}> (x) }}", {"x": floats(*shape)}
        case(f"{label}_{name}", text, runtime(text, feed, 22), **feed)
text = "g (uint8[1, 2, 5, 5] x) => (y) { y = MaxPool <kernel_shape = [3, 3]> (x) }"
feed = {"x": random.integers(0, 256, (1, 2, 5, 5)).astype(numpy.uint8)}
case("maxpool_u8", text, runtime(text, feed, 22), **feed)
x = floats(2, 2, 4, 6)
rows, columns = numpy.meshgrid(numpy.arange(0, 4, 2), numpy.arange(0, 6, 2), indexing="ij")
values, places = numpy.empty((2, 2, 2, 3), numpy.float32), numpy.empty((2, 2, 2, 3), numpy.int64)
for b, c, i, j in numpy.ndindex(values.shape):
    window = x[b, c, 2 * i:2 * i + 2, 2 * j:2 * j + 2]
    row, column = numpy.unravel_index(window.argmax(), window.shape)
    values[b, c, i, j] = window.max()
    places[b, c, i, j] = (b * 2 + c) * 24 + (2 * j + column) * 4 + 2 * i + row
case("maxpool_columns", """g (float[2, 2, 4, 6] x) => (y, i) {
    y, i = MaxPool <kernel_shape = [2, 2], strides = [2, 2], storage_order = 1> (x)
}""", [values, places], x=x)

# Attention: what is seen.
qkv = {"q": floats(2, 4, 3, 6), "k": floats(2, 2, 5, 6), "v": floats(2, 2, 5, 7)}
ARGUMENTS = "float[2, 4, 3, 6] q, float[2, 2, 5, 6] k, float[2, 2, 5, 7] v"
for name, attributes in [
    ("window", "left_window_size = 1, right_window_size = 1"), ("left", "left_window_size = 0, is_causal = 1"),
    ("right", "right_window_size = 2, softcap = 1.5"),
]:
    case(f"attention_{name}", f"g ({ARGUMENTS}) => (y) {{ y = Attention <{attributes}> (q, k, v) }}", opset=25, **qkv)
    case(f"attention_{name}_lengths", f"""g ({ARGUMENTS}, int64[2] n) => (y) {{
        y = Attention <{attributes}> (q, k, v, , , , n)
    }}""", opset=25, n=numpy.array([2, 5]), **qkv)
    case(f"attention_{name}_mask", f"""g ({ARGUMENTS}, bool[3, 4] m) => (y) {{
        y = Attention <{attributes}> (q, k, v, m)
    }}""", opset=25, m=numpy.array([[0, 0, 0, 0], [1, 0, 1, 1], [0, 1, 1, 1]], bool), **qkv)
symbols = "float[b, 4, s, 6] q, float[b, 2, t, 6] k, float[b, 2, t, 7] v"
case("attention_symbols", f"""g ({symbols}, int64[b] n) => (y) {{
    y = Attention <left_window_size = 2, is_causal = 1> (q, k, v, , , , n)
}}""", opset=25, n=numpy.array([4, 3]), **qkv)
case("attention_past", f"""g ({symbols}, float[b, 2, p, 6] j, float[b, 2, p, 7] u) => (y, keys, values, scores) {{
    y, keys, values, scores = Attention <is_causal = 1, right_window_size = 4, qk_matmul_output_mode = 3> (q, k, v, , j, u)
}}""", opset=25, j=floats(2, 2, 3, 6), u=floats(2, 2, 3, 7), **qkv)
case("attention_added_mask", f"""g ({ARGUMENTS}, float[4, 3, 5] m) => (y) {{
    y = Attention <is_causal = 1> (q, k, v, m)
}}""", opset=24, m=floats(4, 3, 5), **qkv)

# What is known when the file is read for these inputs.
x = floats(2, 3, 4)
case("axes_given", "g (float[2, 3, 4] x, int64[k] a) => (y) { y = ReduceSum <keepdims = 0> (x, a) }",
     x=x, a=numpy.array([0, 2]))
case("shape_given", """g (float[2, 3, 4] x, int64[2] s, int64[1] a) => (y) {
    z = Reshape(x, s)  y = Unsqueeze(z, a)
}""", x=x, s=numpy.array([4, -1]), a=numpy.array([1]))
case("bounds_given", "g (float start, float limit, float delta) => (y) { y = Range(start, limit, delta) }",
     start=numpy.float32(1), limit=numpy.float32(3), delta=numpy.float32(0.75))

# Derivatives.
a, b, h = floats(3), floats(3), floats(3)
GRADIENT = f"{TRAINING}.Gradient"
case("gradient", f"""g (float[3] a, float[3] b) => (da, db) {{
    c = Mul(a, b)  e = Exp(c)  y = ReduceSum <keepdims = 0> (e)
    da, db = {GRADIENT} <xs = ["a", "b"], y = "y"> (a, b)
}}""", [b * numpy.exp(a * b), a * numpy.exp(a * b)], a=a, b=b)
case("gradient_of_vector", f"""g (float[3] a, float[3] b) => (da) {{
    y = Mul(a, b)
    da = {GRADIENT} <xs = ["a"], zs = ["b"], y = "y"> (a, b)
}}""", [b], a=a, b=b)
case("gradient_inside", f"""g (float[3] a, float[3] b) => (dc, db) {{
    c = Mul(a, b)  y = Mul(c, b)
    dc, db = {GRADIENT} <xs = ["c", "b"], y = "y"> (c, b)
}}""", [b, a * b], a=a, b=b)
case("gradient_elsewhere", f"""g (float[3] a, float[3] b, float[3] h) => (dc, db) {{
    c = Mul(a, b)  d = Tanh(c)  y = Mul(d, b)
    dc, db = {GRADIENT} <xs = ["c", "b"], y = "y"> (h, b)
}}""", [b * (1 - numpy.tanh(h) ** 2), numpy.tanh(h)], a=a, b=b, h=h)
case("gradient_twice", f"""g (float[3] a) => (second) {{
    c = Mul(a, a)  y = Mul(c, a)
    first = {GRADIENT} <xs = ["a"], y = "y"> (a)
    second = {GRADIENT} <xs = ["a"], y = "first"> (a)
}}""", [6 * a], a=a)
case("gradient_of_nothing", f"""g (float[3] a, float[3] b) => (da) {{
    y = Mul(b, b)
    da = {GRADIENT} <xs = ["a"], zs = ["b"], y = "y"> (a, b)
}}""", [numpy.zeros(3, numpy.float32)], a=a, b=b)

# A step of training whose loss is mean (x w − y)².
initial, rate, momentum = floats(4), 0.1, 0.9
model = onnx.parser.parse_model('<ir_version: 10, opset_import: ["" : 17]>\ng (float[n, 4] x) => (p) { p = MatMul(x, w) }')
model.opset_import.add(domain=TRAINING, version=1)
model.graph.initializer.append(onnx.numpy_helper.from_array(initial, "w"))
algorithm = onnx.parser.parse_graph(f"""step (float[n] y) => (float loss, float[4] w_new, float[4] v_new, int64 t_new) {{
    e = Sub(p, y)  s = Mul(e, e)  loss = ReduceMean <keepdims = 0> (s)
    g = {GRADIENT} <xs = ["w"], zs = ["x", "y"], y = "loss"> (w, x, y)
    w_new, v_new = {TRAINING}.Momentum
        <alpha = 0.9, beta = 0.5, norm_coefficient = 0.01, mode = "nesterov"> (r, t, w, g, v)
    one = Constant <value_int = 1> ()  t_new = Add(t, one)
}}""")
for name, value in [("r", numpy.float32(rate)), ("t", numpy.int64(0)), ("v", numpy.zeros(4, numpy.float32))]:
    algorithm.initializer.append(onnx.numpy_helper.from_array(numpy.array(value), name))
info = model.training_info.add()
info.algorithm.CopyFrom(algorithm)
for key, value in [("w", "w_new"), ("v", "v_new"), ("t", "t_new")]:
    info.update_binding.add(key=key, value=value)
(out / "training").mkdir()
onnx.save(model, out / "training" / "momentum.onnx")
x, y = floats(5, 4), floats(5)
w, v, losses = initial.astype(float), numpy.zeros(4), []
for step in range(3):
    error = x @ w - y
    losses.append(numpy.mean(error ** 2))
    gradient = 2 * x.T @ error / 5 + 0.01 * w
    v = momentum * v + (0.5 if step else 1) * gradient
    w = w - rate * (gradient + momentum * v)
tensors = {"x": x, "y": y, "losses": losses, "w": w, "v": v}
save_file({k: numpy.array(v, numpy.float32) for k, v in tensors.items()}, out / "training" / "momentum.safetensors")
