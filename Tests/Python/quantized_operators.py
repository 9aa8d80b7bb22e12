#!/usr/bin/env python3
"""usage: quantized_operators.py OUT

Writes OUT/NAME.onnx, a graph of one quantised operator between floating-point ends, with inputs and what they give as
OUT/NAME.safetensors. Whole numbers come from NumPy in 64 bits where ONNX Runtime's sums may saturate (products of unsigned
by signed bytes on processors without VNNI), otherwise from ONNX Runtime."""

import pathlib
import sys

import numpy
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import save_file

out = pathlib.Path(sys.argv[1])
random = numpy.random.default_rng(11)
u8, s8, f32 = numpy.uint8, numpy.int8, numpy.float32


def floats(*shape):
    return random.standard_normal(shape, dtype=f32)


def integers(kind, *shape):
    # Seven bits: sums of two products fit 16 bits, so that no implementation saturates.
    low = 0 if kind == u8 else -64
    return random.integers(low, low + 128, shape).astype(kind)


def case(name, op, inputs, kinds=(TensorProto.FLOAT,), domain="com.microsoft", constants=(), expected=None, standard=21, **attributes):
    names = [f"x{i}" if x is not None else "" for i, x in enumerate(inputs)]
    made = [f"y{i}" for i in range(len(kinds))]
    infos, initializers, feed = [], [], {}
    for i, (n, x) in enumerate(zip(names, inputs)):
        if x is None:
            continue
        if i in constants:
            initializers.append(numpy_helper.from_array(x, n))
        else:
            infos.append(helper.make_tensor_value_info(n, helper.np_dtype_to_tensor_dtype(x.dtype), x.shape))
            feed[n] = x
    nodes = [helper.make_node(op, names, made, domain=domain, **attributes)]
    results = [helper.make_tensor_value_info(m, k, None) for m, k in zip(made, kinds)]
    imports = [helper.make_opsetid("", standard), helper.make_opsetid("com.microsoft", 1)]
    graph = helper.make_graph(nodes, name, infos, results, initializers)
    model = helper.make_model(graph, opset_imports=imports, ir_version=10)
    if expected is None:
        session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
        expected = session.run(None, feed)
    onnx.save(model, out / f"{name}.onnx")
    tensors = {f"in.{n}": x for n, x in feed.items()} | {f"out.{m}": v for m, v in zip(made, expected)}
    save_file({k: numpy.array(v, order="C") for k, v in tensors.items()}, out / f"{name}.safetensors")


scale, zero = f32(0.05), u8(37)
one = lambda value, kind: numpy.array(value, kind)  # noqa: E731

# Products of whole numbers, against 64 bits.
for kind_a, kind_b in ((u8, u8), (u8, s8), (s8, s8)):
    for m, n, k in ((1, 1, 1), (5, 7, 3), (13, 33, 70), (50, 20, 768)):
        a = random.integers(numpy.iinfo(kind_a).min, numpy.iinfo(kind_a).max + 1, (m, k)).astype(kind_a)
        b = random.integers(numpy.iinfo(kind_b).min, numpy.iinfo(kind_b).max + 1, (k, n)).astype(kind_b)
        za = random.integers(numpy.iinfo(kind_a).min, numpy.iinfo(kind_a).max + 1, ()).astype(kind_a)
        zb = random.integers(numpy.iinfo(kind_b).min, numpy.iinfo(kind_b).max + 1, (n,)).astype(kind_b)
        sums = (a.astype(numpy.int64) - int(za)) @ (b.astype(numpy.int64) - zb.astype(numpy.int64))
        for constants in ((), (1, 3)):
            case(f"matmul_{numpy.dtype(kind_a)}_{numpy.dtype(kind_b)}_{m}_{n}_{k}_{len(constants)}", "MatMulInteger",
                 [a, b, za, zb], (TensorProto.INT32,), domain="", constants=constants, expected=[sums.astype(numpy.int32)])
a, b = integers(u8, 2, 3, 4, 5), integers(s8, 2, 3, 5, 6)
case("matmul_stack", "MatMulInteger", [a, b, one(9, u8)], (TensorProto.INT32,), domain="",
     expected=[((a.astype(numpy.int64) - 9) @ b.astype(numpy.int64)).astype(numpy.int32)])
rows = integers(u8, 4)
case("matmul_rows", "MatMulInteger", [a[0, 0], b[0, 0], rows], (TensorProto.INT32,), domain="",
     expected=[((a[0, 0].astype(numpy.int64) - rows[:, None]) @ b[0, 0].astype(numpy.int64)).astype(numpy.int32)])

image, filters = integers(u8, 2, 4, 9, 11), integers(u8, 6, 2, 3, 3)
for name, attributes in (("plain", {}), ("pads", dict(pads=[1, 2, 0, 1], strides=[2, 1], dilations=[1, 2])),
                         ("same", dict(auto_pad="SAME_UPPER", strides=[2, 2]))):
    case(f"conv_{name}", "ConvInteger", [image, filters, one(60, u8), one(70, u8)], (TensorProto.INT32,), domain="",
         group=2, **attributes)
    zeros = numpy.zeros(6, s8)
    case(f"qlinear_conv_{name}", "QLinearConv",
         [image, one(0.02, f32), one(60, u8), (filters.astype(numpy.int16) - 64).astype(s8), numpy.abs(floats(6)) * f32(0.01) + f32(0.01), zeros, one(0.4, f32),
          one(90, u8), random.integers(-900, 900, 6).astype(numpy.int32)], (TensorProto.UINT8,), domain="", constants=(3, 4, 5, 8), group=2, **attributes)
case("conv_row", "ConvInteger", [image[:, :, 0], filters[:, :, 0], one(60, u8)], (TensorProto.INT32,), domain="", group=2,
     pads=[1, 1])

x = floats(3, 6, 5)
for kind in (u8, s8, numpy.uint16, numpy.int16):
    z = one(3, kind)
    y = helper.np_dtype_to_tensor_dtype(numpy.dtype(kind))
    case(f"quantize_{numpy.dtype(kind)}", "QuantizeLinear", [x * 90, one(0.7, f32), z], (y,), domain="")
    axis = numpy.abs(floats(6)) + f32(0.1)
    case(f"quantize_axis_{numpy.dtype(kind)}", "QuantizeLinear", [x * 90, axis, numpy.full(6, 3, kind)], (y,), domain="", axis=1)
    q = random.integers(0, 120, (3, 6, 5)).astype(kind)
    case(f"dequantize_{numpy.dtype(kind)}", "DequantizeLinear", [q, axis, numpy.full(6, 3, kind)], domain="", axis=-2)
    blocks = numpy.abs(floats(3, 2, 5)) + f32(0.1)
    case(f"dequantize_blocks_{numpy.dtype(kind)}", "DequantizeLinear", [q, blocks], domain="", axis=1, block_size=3)
case("dequantize_int32", "DequantizeLinear", [random.integers(-9999, 9999, (4, 5)).astype(numpy.int32), one(0.01, f32)], domain="")
for name, values in (("mixed", x), ("positive", numpy.abs(x) + 1), ("negative", -numpy.abs(x) - 1), ("zeros", x * 0)):
    case(f"dynamic_{name}", "DynamicQuantizeLinear", [values], (TensorProto.UINT8, TensorProto.FLOAT, TensorProto.UINT8), domain="")

a, b = integers(u8, 4, 24), integers(u8, 24, 8)
case("qlinear_matmul", "QLinearMatMul", [a, one(0.02, f32), one(50, u8), b, one(0.03, f32), one(60, u8), one(0.5, f32), one(100, u8)],
     (TensorProto.UINT8,), domain="")
columns = numpy.abs(floats(8)) * f32(0.02) + f32(0.01)
case("matmul_to_float", "MatMulIntegerToFloat", [a, b, one(0.02, f32), columns, one(50, u8), integers(u8, 8), floats(8)])
case("dynamic_matmul", "DynamicQuantizeMatMul", [floats(4, 24), b, columns, integers(u8, 8), floats(8)], constants=(1, 2, 3, 4))
case("gemm_float", "QGemm", [a, one(0.02, f32), one(50, u8), b.T.copy(), columns, numpy.full(8, 40, u8), random.integers(-900, 900, 8).astype(numpy.int32)],
     transB=1, alpha=1.5)
case("gemm", "QGemm", [a, one(0.02, f32), one(50, u8), b, one(0.03, f32), one(40, u8), random.integers(-900, 900, 8).astype(numpy.int32), one(0.4, f32), one(90, u8)],
     (TensorProto.UINT8,))
p, q = integers(u8, 3, 4, 5), integers(u8, 4, 5)
for op in ("QLinearAdd", "QLinearMul"):
    case(op.lower(), op, [p, one(0.02, f32), one(50, u8), q, one(0.03, f32), one(60, u8), one(0.031, f32), one(100, u8)], (TensorProto.UINT8,))
case("concat", "QLinearConcat", [one(0.04, f32), one(90, u8), p, one(0.02, f32), one(50, u8), p, one(0.03, f32), one(60, u8)],
     (TensorProto.UINT8,), axis=1, constants=(0, 1, 3, 4, 6, 7))
case("softmax", "QLinearSoftmax", [p, one(0.04, f32), one(50, u8), one(1 / 256, f32), one(0, u8)], (TensorProto.UINT8,), axis=-1, opset=13,
     constants=(1, 2, 3, 4))
case("average_pool", "QLinearAveragePool", [image, one(0.02, f32), one(50, u8), one(0.013, f32), one(40, u8)], (TensorProto.UINT8,),
     kernel_shape=[3, 2], strides=[2, 1], pads=[1, 0, 1, 1])
tokens, weights = integers(u8, 2, 5, 8), integers(u8, 8, 24)
attention = [tokens, weights, floats(24), one(0.02, f32), one(0.03, f32), None, one(60, u8), one(64, u8)]
case("attention", "QAttention", attention, num_heads=2, constants=(1, 2, 4, 7))
case("attention_causal", "QAttention", attention, num_heads=2, unidirectional=1, constants=(1, 2, 4, 7))
attention[5] = numpy.array([3, 5], numpy.int32)
case("attention_lengths", "QAttention", attention, num_heads=2, constants=(1, 2, 4, 7))

for depth, width, block in ((64, 5, 32), (80, 3, 16)):
    groups = (depth + block - 1) // block
    packed = random.integers(0, 256, (width, groups, block // 2)).astype(u8)
    scales = numpy.abs(floats(width * groups)) + f32(0.05)
    zeros = random.integers(0, 256, width * ((groups + 1) // 2)).astype(u8)
    values = floats(2, 3, depth)
    for name, z in (("plain", None), ("zeros", zeros)):
        case(f"nbits_{depth}_{name}", "MatMulNBits", [values, packed, scales] + ([z] if z is not None else []), K=depth, N=width, bits=4,
             block_size=block, constants=(1, 2, 3))
    for kind in (0, 1):
        case(f"bnb4_{depth}_{kind}", "MatMulBnb4",
             [values, random.integers(0, 256, (width * depth + 1) // 2).astype(u8), numpy.abs(floats(width * depth // block)) + f32(0.05)],
             K=depth, N=width, block_size=block, quant_type=kind, constants=(1, 2))
