#!/usr/bin/env python3
"""usage: foreign_operators.py OUT

Writes OUT/NAME.onnx, a graph of one node that other programs write, with inputs and what they give as OUT/NAME.safetensors.
ONNX Runtime computes its own operators, onnx.reference those of the standard."""

import pathlib
import sys

import numpy
import onnx
import onnxruntime
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator
from safetensors.numpy import save_file

out = pathlib.Path(sys.argv[1])
random = numpy.random.default_rng(7)
ELEMENTS = {"float32": TensorProto.FLOAT, "int32": TensorProto.INT32, "bool": TensorProto.BOOL}


def floats(*shape):
    return random.standard_normal(shape, dtype=numpy.float32)


def case(name, op, inputs, outputs=1, domain="com.microsoft", opset=17, batch=2, **attributes):
    """Extents that equal `batch` on the first axis are a symbol; absent inputs are None, absent outputs are 0 in `outputs`."""
    wanted = [1] * outputs if isinstance(outputs, int) else outputs
    names = [f"x{i}" if x is not None else "" for i, x in enumerate(inputs)]
    made = [f"y{i}" if w else "" for i, w in enumerate(wanted)]
    node = helper.make_node(op, names, made, domain=domain, **attributes)
    infos = []
    for n, x in zip(names, inputs):
        if x is not None:
            shape = [f"{'batch' if d == batch else d}" if i == 0 and d == batch else d for i, d in enumerate(x.shape)]
            infos.append(helper.make_tensor_value_info(n, ELEMENTS[str(x.dtype)], shape))
    results = [helper.make_tensor_value_info(m, TensorProto.FLOAT, None) for m in made if m]
    imports = [helper.make_opsetid("", opset), helper.make_opsetid("com.microsoft", 1)]
    model = helper.make_model(helper.make_graph([node], name, infos, results), opset_imports=imports, ir_version=10)
    feed = {n: x for n, x in zip(names, inputs) if x is not None}
    if domain == "" and opset >= 23:
        values = ReferenceEvaluator(model).run(None, feed)
    else:
        session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
        values = session.run(None, feed)
    onnx.save(model, out / f"{name}.onnx")
    tensors = {f"in.{n}": x for n, x in feed.items()}
    tensors |= {f"out.{m}": v for m, v in zip([m for m in made if m], values)}
    save_file({k: numpy.ascontiguousarray(v) for k, v in tensors.items()}, out / f"{name}.safetensors")


def integers(values):
    return numpy.array(values, numpy.int32)


x, width, bias = floats(2, 5, 8), floats(8), floats(8)
for axis in (0, 1, 2, 3, -1):
    case(f"softmax_{axis}", "Softmax", [floats(2, 3, 4, 5)], domain="", opset=11, axis=axis)
    case(f"log_softmax_{axis}", "LogSoftmax", [floats(2, 3, 4, 5)], domain="", opset=11, axis=axis)
case("layer_normalization", "LayerNormalization", [x, width, bias], domain="", opset=12, axis=-1, epsilon=1e-3)
case("simplified", "SimplifiedLayerNormalization", [x, width], domain="", opset=14, axis=-1, epsilon=1e-3)
case("rms_normalization", "RMSNormalization", [x, width], domain="", opset=23, axis=-1, epsilon=1e-3)
case("rms_normalization_2", "RMSNormalization", [x, floats(5, 8)], domain="", opset=23, axis=1, epsilon=1e-3)
case("gelu", "Gelu", [x])
case("bias_gelu", "BiasGelu", [x, bias])
case("fast_gelu", "FastGelu", [x])
case("fast_gelu_bias", "FastGelu", [x, bias])
for alpha in (1.0, 1.702, 0.5):
    case(f"quick_gelu_{alpha}", "QuickGelu", [x], alpha=alpha)
case("matmul", "FusedMatMul", [floats(2, 3, 4, 5), floats(2, 3, 5, 6)], alpha=0.5)
case("matmul_ta", "FusedMatMul", [floats(2, 3, 5, 4), floats(5, 6)], transA=1)
case("matmul_tb", "FusedMatMul", [floats(2, 4, 5), floats(6, 5)], transB=1)
case("matmul_ba", "FusedMatMul", [floats(4, 2, 3, 5), floats(2, 3, 5, 6)], transBatchA=1)
case("matmul_bab", "FusedMatMul", [floats(5, 2, 3, 4), floats(6, 2, 3, 5)], 1, transBatchA=1, transA=1, transBatchB=1,
     transB=1)
case("skip", "SkipLayerNormalization", [x, floats(2, 5, 8), width], epsilon=1e-3)
case("skip_bias", "SkipLayerNormalization", [x, floats(2, 5, 8), width, bias, floats(8)], [1, 0, 0, 1], epsilon=1e-3)
case("skip_broadcast", "SkipLayerNormalization", [x, floats(5, 8), width, bias], epsilon=1e-3)
case("skip_simplified", "SkipSimplifiedLayerNormalization", [x, floats(2, 5, 8), width, bias], [1, 0, 0, 1], epsilon=1e-3)
image, kernel = floats(2, 3, 7, 7), floats(4, 3, 3, 3)
window = {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1], "strides": [2, 2]}
case("conv_relu", "FusedConv", [image, kernel, floats(4)], activation="Relu", **window)
case("conv_sum", "FusedConv", [image, kernel, floats(4), floats(2, 4, 4, 4)], activation="Relu", **window)
for activation, numbers in (("Tanh", None), ("Sigmoid", None), ("LeakyRelu", [0.1]), ("Clip", [-0.5, 1.0]),
                            ("HardSigmoid", [0.2, 0.5])):
    extra = {"activation_params": numbers} if numbers else {}
    case(f"conv_{activation}", "FusedConv", [image, kernel], activation=activation, **extra, **window)

packed, packed_bias = floats(8, 24), floats(24)
def attention(name, mask=None, added=None, **attributes):
    inputs = [x, packed, packed_bias, mask, None, added]
    while inputs[-1] is None:
        inputs.pop()
    case(f"attention_{name}", "Attention", inputs, num_heads=2, **attributes)

attention("plain")
attention("causal", unidirectional=1)
attention("scale", scale=0.3)
attention("lengths", integers([3, 5]))
attention("ends_and_starts", integers([3, 5, 1, 0]), batch=None)
attention("keys", integers([[1, 1, 0, 1, 0], [1, 1, 1, 1, 1]]))
attention("keys_causal", integers([[1, 1, 0, 1, 0], [1, 1, 1, 1, 1]]), unidirectional=1)
attention("pairs", (floats(2, 5, 5) > -0.5).astype(numpy.int32))
attention("added", None, floats(2, 2, 5, 5))
case("attention_widths", "Attention", [x, floats(8, 28), floats(28)], num_heads=2, qkv_hidden_sizes=[8, 8, 12])
query, key, value = floats(2, 5, 8), floats(2, 6, 8), floats(2, 6, 8)
case("multi_head", "MultiHeadAttention", [query, key, value], num_heads=2)
case("multi_head_bias", "MultiHeadAttention", [query, key, value, packed_bias], num_heads=2)
case("multi_head_mask", "MultiHeadAttention", [query, key, value, None, integers([[1] * 6, [1, 0, 1, 1, 0, 1]])],
     num_heads=2, scale=0.4)
case("multi_head_added", "MultiHeadAttention", [query, key, value, None, None, floats(2, 2, 5, 6)], num_heads=2)

heads = [floats(2, 4, 5, 8), floats(2, 4, 6, 8), floats(2, 4, 6, 8)]
seen = random.random((5, 6)) > 0.4
seen[:, 0] = True
def standard(name, inputs, **attributes):
    case(f"standard_{name}", "Attention", inputs, domain="", opset=attributes.pop("opset", 23), **attributes)

standard("plain", heads)
standard("scale", heads, scale=0.2)
standard("causal", heads, is_causal=1)
standard("causal_square", [floats(2, 4, 5, 8) for _ in range(3)], is_causal=1, opset=24)
standard("seen", heads + [seen])
standard("added", heads + [floats(2, 1, 5, 6)])
standard("added_causal", heads + [floats(5, 6)], is_causal=1)
standard("softcap", heads + [floats(2, 4, 5, 6)], softcap=1.5)
standard("shared_heads", [heads[0], floats(2, 2, 6, 8), floats(2, 2, 6, 8)])
standard("widths", [heads[0], heads[1], floats(2, 4, 6, 3)])
standard("three_axes", [floats(2, 5, 16), floats(2, 6, 8), floats(2, 6, 8)], q_num_heads=4, kv_num_heads=2)
