#!/usr/bin/env python3
"""usage: standard_operators.py OUT

Writes OUT/NAME.onnx, a graph of one operator of the standard at one opset, with inputs and what they give as
OUT/NAME.safetensors. ONNX Runtime computes the expected numbers, onnx.reference where that has no kernel."""

import itertools
import pathlib
import sys

import numpy
import onnx
import onnxruntime
from onnx import helper
from onnx.reference import ReferenceEvaluator
from safetensors.numpy import save_file

onnxruntime.set_default_logger_severity(4)
out = pathlib.Path(sys.argv[1])
random = numpy.random.default_rng(11)


def floats(*shape, dtype="float32", low=-2.0, high=2.0):
    return random.uniform(low, high, shape).astype(dtype)


def integers(*values, dtype="int64"):
    return numpy.array(values, dtype)


class Fixed:
    """An input that is an initializer."""

    def __init__(self, *values, dtype="int64", scalar=False):
        self.array = numpy.array(values[0] if scalar else values, dtype)


def case(op, opsets, inputs, outputs=1, tag="", reference=False, **attributes):
    """One file an opset. Absent inputs are None."""
    for opset in opsets:
        name = f"{op}_{opset}{tag}_" + "_".join(f"{k}={v}" for k, v in attributes.items() if k != "equation")
        name = "".join(c if c.isalnum() or c in "_-=" else "-" for c in name).strip("_")
        while (out / f"{name}.onnx").exists():
            name += "+"
        names = [f"x{i}" if x is not None else "" for i, x in enumerate(inputs)]
        made = [f"y{i}" for i in range(outputs)]
        given = {n: x for n, x in zip(names, inputs) if n}
        infos = [helper.make_tensor_value_info(n, helper.np_dtype_to_tensor_dtype(x.dtype), x.shape)
                 for n, x in given.items() if not isinstance(x, Fixed)]
        fixed = [onnx.numpy_helper.from_array(x.array, n) for n, x in given.items() if isinstance(x, Fixed)]
        feed = {n: x for n, x in given.items() if not isinstance(x, Fixed)}
        node = helper.make_node(op, names, made, **attributes)
        results = [onnx.ValueInfoProto(name=m) for m in made]
        graph = helper.make_graph([node], op, infos, results, initializer=fixed)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
        values = None
        if not reference:
            try:
                session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
                values = session.run(None, feed)
            except Exception:
                values = None
        if values is None:
            values = ReferenceEvaluator(model).run(None, feed)
        values = [numpy.array(v) for v in values]
        for m, v in zip(graph.output, values):
            m.CopyFrom(helper.make_tensor_value_info(m.name, helper.np_dtype_to_tensor_dtype(v.dtype), v.shape))
        model.graph.CopyFrom(graph)
        onnx.save(model, out / f"{name}.onnx")
        tensors = {f"in.{n}": x for n, x in feed.items()} | {f"out.{m}": v for m, v in zip(made, values)}
        save_file({k: numpy.array(v, order="C") for k, v in tensors.items()}, out / f"{name}.safetensors")


x, image = floats(2, 3, 4), floats(1, 2, 5, 6)

for op in "Abs Neg Exp Sqrt Reciprocal Floor Ceil Relu Sigmoid Tanh Elu Selu LeakyRelu HardSigmoid Softplus Softsign".split():
    case(op, (7, 13, 17), [abs(x) if op == "Sqrt" else x])
for op in "Round Sign Erf Sinh Cosh Asinh Atan Sin Cos Tan ThresholdedRelu Celu HardSwish IsNaN IsInf Shrink".split():
    case(op, (17,), [x])
case("Mish", (18,), [x])
case("Gelu", (20,), [x], approximate="tanh")
for dtype in ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float16", "float64"):
    a, b = ((floats(2, 3, low=0 if "u" in dtype else -2) * 20).astype(dtype) for _ in range(2))
    b[b == 0] = 1
    for op in ("Add", "Sub", "Mul", "Div"):
        case(op, (14,), [a, b], tag=f"_{dtype}", reference=True)
    for op in ("Min", "Max", "Less", "GreaterOrEqual", "Equal"):
        case(op, (16,), [a, b], tag=f"_{dtype}", reference=True)
    if "float" not in dtype:
        case("Mod", (13,), [a, b], tag=f"_{dtype}", reference=True)
    case("Cast", (13,), [a], tag=f"_{dtype}", to=1)
    case("Cast", (13,), [abs(floats(2, 3))], tag=f"_to_{dtype}", to=helper.np_dtype_to_tensor_dtype(a.dtype))
    for op in ("ReduceSum", "ReduceMax", "ReduceMin"):
        case(op, (18,), [a, Fixed(1)] if op == "ReduceSum" else [a], tag=f"_{dtype}", reference=True)
    case("Where", (16,), [a > b, a, b], tag=f"_{dtype}", reference=True)
    case("Transpose", (13,), [a], tag=f"_{dtype}")
# Half of these are 2⁶³ and above.
a, b = (random.integers(1, 2**64, (2, 3), dtype="uint64") for _ in range(2))
b[0, 0], b[1, 1] = a[0, 0], 3
for op, opset in {"Less": 13, "LessOrEqual": 16, "Greater": 13, "GreaterOrEqual": 16, "Equal": 13, "Min": 13, "Max": 13,
                  "Add": 14, "Sub": 14, "Mul": 14, "Div": 14, "Mod": 13}.items():
    case(op, (opset,), [a, b], tag="_large_uint64", reference=True)
case("Max", (13,), [a, b, a[:1]], tag="_three_large_uint64", reference=True)
for target in (1, 10, 11, 7, 9):
    case("Cast", (13,), [a], tag="_large_uint64", reference=True, to=target)
for op in ("ReduceSum", "ReduceMax", "ReduceMin"):
    case(op, (18,), [a, Fixed(1)], tag="_large_uint64", reference=True)
case("TopK", (11,), [a, Fixed(2)], 2, tag="_large_uint64", reference=True)
for dtype in ("int32", "int64", "uint32", "uint64"):
    for left, right in (((2, 3), (3, 4)), ((3,), (2, 3, 4)), ((2, 1, 2, 3), (2, 3, 2))):
        case("MatMul", (9, 13), [random.integers(0, 2**31, s).astype(dtype) for s in (left, right)], tag=f"_{dtype}",
             reference=True)
case("Clip", (7,), [x], min=-0.5, max=1.0)
case("Clip", (11, 12, 13), [x, Fixed(-0.5, dtype="float32", scalar=True), Fixed(1, dtype="float32", scalar=True)])
case("PRelu", (9, 16), [x, floats(3, 1)])
for exponent in (floats(2, 3, 4), integers(2, 3, 1, 2), integers(2)):
    case("Pow", (13,), [abs(x), exponent])

for axis, keep in itertools.product((None, [1], [0, -1]), (0, 1)):
    axes = {} if axis is None else {"axes": axis}
    for op in "Sum Mean Max Min Prod L1 L2 LogSum LogSumExp SumSquare".split():
        data = abs(x) if op == "LogSum" else x
        case(f"Reduce{op}", (11,), [data], keepdims=keep, **axes)
        case(f"Reduce{op}", (18,), [data] + ([] if axis is None else [Fixed(*axis)]), keepdims=keep)
for axis, keep, op in itertools.product((0, -1), (0, 1), ("ArgMax", "ArgMin")):
    case(op, (11, 13), [numpy.round(x)], axis=axis, keepdims=keep)
    case(op, (13,), [numpy.round(x)], axis=axis, keepdims=keep, select_last_index=1)
for axis, exclusive, reverse in itertools.product((0, -1), (0, 1), (0, 1)):
    case("CumSum", (11, 14), [x, Fixed(axis, scalar=True)], exclusive=exclusive, reverse=reverse)
for axis, largest in itertools.product((0, 1, -1), (0, 1)):
    case("TopK", (11,), [x, Fixed(2)], 2, axis=axis, largest=largest)
case("TopK", (10,), [x, Fixed(1)], 2, axis=1)
case("TopK", (7,), [x], 2, axis=1, k=2, reference=True)

index = integers([[0, -1, 1, 2], [2, 1, 0, -3]])
case("GatherElements", (11, 13), [floats(2, 3), index[0][:, :2]], axis=1)
case("GatherND", (11, 12), [x, integers([0, 1], [1, -1])])
case("GatherND", (12,), [x, integers([1], [0])], batch_dims=1)
for reduction in ("none", "add", "mul", "min", "max"):
    case("ScatterElements", (18,), [floats(3, 4), integers([0, 2], [1, 1]), floats(2, 2)], reduction=reduction, axis=1)
case("ScatterElements", (11,), [floats(3, 4), integers([0, 2], [1, 1]), floats(2, 2)], axis=0)
case("Scatter", (9,), [floats(3, 4), integers([0, 2], [1, 1]), floats(2, 2)], axis=0)
for reduction in ("none", "add"):
    case("ScatterND", (16,), [floats(4, 3), integers([1], [1]), floats(2, 3)], reduction=reduction, reference=True)
case("OneHot", (9, 11), [integers(0, 2, -1, 7), Fixed(3, scalar=True), floats(2)], axis=0)
case("EyeLike", (9,), [floats(3, 4)], k=-1)
case("Trilu", (14,), [floats(3, 4), Fixed(1, scalar=True)], upper=0)
case("Compress", (11,), [x, Fixed(True, False, True, dtype="bool")], axis=1)
case("NonZero", (9, 13), [Fixed([0, 3, 0], [1, 0, 2])])
case("Range", (11,), [Fixed(v, dtype="float32", scalar=True) for v in (0.5, 4.0, 0.75)])

pads = (0, 1, 0, 2, 0, 2, 1, -1)
for mode in ("constant", "reflect", "edge"):
    amounts = [p if mode == "constant" else abs(p) for p in pads]
    case("Pad", (7,), [image], mode=mode, pads=amounts)
    case("Pad", (11, 13), [image, Fixed(*amounts)], mode=mode)
    case("Pad", (18,), [image, Fixed(1, amounts[-1]), None, Fixed(-1)], mode=mode)
case("Pad", (19,), [image, Fixed(*map(abs, pads))], mode="wrap", reference=True)
case("Pad", (18,), [image, Fixed(*pads), Fixed(1.5, dtype="float32", scalar=True)], mode="constant")

scales = lambda *values: Fixed(*values, dtype="float32")
case("Upsample", (7,), [image], mode="nearest", scales=[1.0, 1.0, 2.0, 3.0])
for mode in ("nearest", "linear"):
    case("Upsample", (9,), [image, scales(1, 1, 2, 3)], mode=mode)
    case("Resize", (10,), [image, scales(1, 1, 0.6, 2)], mode=mode)
empty = scales()
for mode, coordinates in itertools.product(
        ("nearest", "linear", "cubic"), ("half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric")):
    for opset, size in itertools.product((11, 13), ((1, 2, 3, 9), (1, 2, 8, 4))):
        case("Resize", (opset,), [image, empty, empty, Fixed(*size)], tag=f"_{size[2]}", mode=mode,
             coordinate_transformation_mode=coordinates)
    case("Resize", (19,), [image, None, scales(1, 1, 0.8, 1.7)], mode=mode, coordinate_transformation_mode=coordinates,
         reference=mode == "nearest" or coordinates == "align_corners")
for nearest in ("round_prefer_floor", "round_prefer_ceil", "floor", "ceil"):
    case("Resize", (13,), [image, empty, empty, Fixed(1, 2, 7, 4)], nearest_mode=nearest)
for mode, exclude in itertools.product(("linear", "cubic"), (0, 1)):
    outside = {"exclude_outside": exclude} if mode == "cubic" else {}
    for size in ((3, 4), (9, 8)):
        case("Resize", (18, 19), [image, None, None, Fixed(*size)], tag=f"_{size[0]}", reference=True, mode=mode,
             antialias=1, axes=[2, 3], cubic_coeff_a=-0.5, **outside)
for policy in ("not_larger", "not_smaller"):
    case("Resize", (18,), [image, None, None, Fixed(7, 7)], reference=True, axes=[2, 3], mode="linear",
         keep_aspect_ratio_policy=policy)
case("Resize", (13,), [image, scales(0, 0, 0.2, 0.3, 1, 1, 0.8, 1.4), empty, Fixed(1, 2, 3, 4)], mode="linear",
     coordinate_transformation_mode="tf_crop_and_resize", extrapolation_value=9.0)

for equation, shapes in (("bij,bjk->bik", ((2, 3, 4), (2, 4, 5))), ("ij->ji", ((3, 4),)), ("i,j", ((3,), (4,))),
                         ("...ij,...kj->...ik", ((2, 3, 4), (5, 4))), ("bhid,bhjd->bhij", ((2, 2, 3, 4), (2, 2, 5, 4))),
                         ("ii->i", ((3, 3),)), ("ij,jk,kl->il", ((2, 3), (3, 4), (4, 2))), ("bld,d->bl", ((2, 3, 4), (4,)))):
    case("Einsum", (12,), [floats(*s) for s in shapes], tag="_" + equation, equation=equation)
for axis in (0, 1, -1):
    case("Softmax", (7, 11, 13), [x], axis=axis)
    case("LogSoftmax", (7, 11, 13), [x], axis=axis)
    case("Hardmax", (13,), [x], axis=axis)
    case("Flatten", (9, 13), [x], axis=axis)
case("InstanceNormalization", (7, 17), [image, floats(2), floats(2)], epsilon=1e-2)
case("GroupNormalization", (21,), [floats(2, 4, 3), floats(4), floats(4)], num_groups=2, reference=True)
case("LpNormalization", (7, 17), [x], axis=1, p=1)
case("MeanVarianceNormalization", (9, 13), [image])
case("LayerNormalization", (17,), [x, floats(3, 4), floats(3, 4)], 3, axis=1, reference=True)
case("BatchNormalization", (7, 9, 14, 15), [image, floats(2), floats(2), floats(2), abs(floats(2))])
case("Dropout", (7, 10), [x])
case("Dropout", (12, 13), [x, Fixed(0.5, dtype="float32", scalar=True), Fixed(False, dtype="bool", scalar=True)])
case("Sum", (8, 13), [x, floats(4), floats(3, 1)])
case("Mean", (8, 13), [x, floats(4)])

kernel = floats(4, 2, 3, 3)
for padding in ("SAME_UPPER", "SAME_LOWER", "VALID"):
    case("Conv", (11,), [image, kernel], auto_pad=padding, strides=[2, 2], kernel_shape=[3, 3])
case("Conv", (11,), [floats(2, 4, 9), floats(6, 2, 3), floats(6)], group=2, pads=[1, 0], strides=[2], dilations=[2])
case("ConvTranspose", (11,), [image, floats(2, 3, 3, 3), floats(3)], strides=[2, 2], pads=[1, 0, 1, 2],
     output_padding=[1, 0])
case("ConvTranspose", (11,), [image, floats(2, 3, 3, 3)], strides=[2, 2], auto_pad="SAME_UPPER")
case("DepthToSpace", (7, 11), [floats(1, 8, 2, 3)], blocksize=2)
case("DepthToSpace", (11,), [floats(1, 8, 2, 3)], blocksize=2, mode="CRD")
case("SpaceToDepth", (7, 13), [floats(1, 2, 4, 6)], blocksize=2)
for interleaved in (0, 1):
    case("RotaryEmbedding", (23,), [floats(2, 3, 4, 8), floats(9, 4), floats(9, 4), integers([0, 3, 1, 8], [1, 2, 0, 7])],
         interleaved=interleaved, reference=True)
labels = integers([1, 3], [0, 2], [2, 2])
for reduction in ("none", "sum", "mean"):
    case("SoftmaxCrossEntropyLoss", (12, 13), [floats(3, 4, 2), labels, abs(floats(4))], reduction=reduction, ignore_index=2)
    case("NegativeLogLikelihoodLoss", (12, 13), [floats(3, 4, 2), labels], reduction=reduction)
