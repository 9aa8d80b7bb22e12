#!/usr/bin/env python3
"""usage: old_versions.py OUT

Writes OUT/NAME.onnx, a graph of one operator in a version of the standard that says something otherwise than later or earlier
ones, with inputs and what ONNX Runtime gives as OUT/NAME.io.safetensors."""

import pathlib
import sys

import numpy
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import save_file

out = pathlib.Path(sys.argv[1])
random = numpy.random.default_rng(5)


def floats(*shape):
    return random.standard_normal(shape, dtype=numpy.float32)


def case(name, opset, op, inputs, outputs=1, constants=(), ir=8, **attributes):
    """The first axis of inputs of extent 2 is a symbol. `constants` follow the inputs."""
    names = [f"x{i}" for i in range(len(inputs))]
    fixed = [f"c{i}" for i in range(len(constants))]
    made = [f"y{i}" for i in range(outputs)]
    infos = [helper.make_tensor_value_info(n, TensorProto.FLOAT, ["batch" if d == 2 and i == 0 else d
                                                                    for i, d in enumerate(x.shape)])
             for n, x in zip(names, inputs)]
    results = [helper.make_empty_tensor_value_info(m) for m in made]
    graph = helper.make_graph([helper.make_node(op, names + fixed, made, **attributes)], name, infos, results,
                              [numpy_helper.from_array(c, n) for n, c in zip(fixed, constants)])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=ir)
    model = onnx.shape_inference.infer_shapes(model)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    feed = dict(zip(names, inputs))
    values = session.run(None, feed)
    onnx.save(model, out / f"{name}.onnx")
    tensors = {f"in.{n}": x for n, x in feed.items()} | {f"out.{m}": v for m, v in zip(made, values)}
    save_file({k: numpy.ascontiguousarray(v) for k, v in tensors.items()}, out / f"{name}.io.safetensors")


x = floats(2, 3, 6)
case("clip-6", 7, "Clip", [x], min=-0.5, max=0.25)
case("clip-6-low", 10, "Clip", [x], min=0.1)
case("slice-1", 9, "Slice", [x], starts=[1, 0], ends=[3, 100], axes=[2, 1])
case("slice-1-plain", 9, "Slice", [x], starts=[0, 1], ends=[100, 2])
case("split-2", 11, "Split", [x], 3, axis=1)
case("split-2-sizes", 11, "Split", [x], 2, axis=2, split=[2, 4])
case("split-13", 13, "Split", [x], 2, axis=2)
case("split-18", 18, "Split", [x], 2, axis=2, num_outputs=2)
case("split-18-uneven", 18, "Split", [floats(2, 3, 7)], 3, axis=2, num_outputs=3)
case("squeeze-11", 11, "Squeeze", [floats(2, 1, 3, 1)], axes=[1, -1])
case("unsqueeze-11", 11, "Unsqueeze", [x], axes=[0, 2])
for op in ["ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin", "ReduceL2", "ReduceProd", "ReduceSumSquare"]:
    case(f"{op}-11", 11, op, [x], axes=[1, -1], keepdims=0)
    case(f"{op}-11-all", 11, op, [x], keepdims=1)
    case(f"{op}-18", 18, op, [x], constants=[numpy.array([1, -1])], keepdims=0)
for op in ["Softmax", "LogSoftmax"]:
    case(f"{op}-11", 11, op, [x], axis=1)
case("argmax-11", 11, "ArgMax", [x], axis=2, keepdims=0)
case("flatten-9", 9, "Flatten", [x], axis=2)
case("gemm-9", 9, "Gemm", [floats(2, 3), floats(3, 4), floats(4)], alpha=0.5, beta=2.0)
case("batch-9", 9, "BatchNormalization", [x, floats(3), floats(3), floats(3), abs(floats(3))], epsilon=1e-3)
case("reshape-5", 9, "Reshape", [x], constants=[numpy.array([0, -1])])
case("pow-7", 9, "Pow", [abs(x), x])
case("concat-4", 9, "Concat", [x, floats(2, 3, 6)], axis=-1)
case("gelu-20", 20, "Gelu", [x], ir=9, approximate="tanh")
case("cast-19", 19, "Cast", [x], ir=9, to=TensorProto.INT32)
case("layer-17", 17, "LayerNormalization", [x, floats(6), floats(6)], epsilon=1e-3)
case("attention-23", 23, "Attention", [floats(2, 5, 8), floats(2, 7, 8), floats(2, 7, 8)], ir=11, q_num_heads=2, kv_num_heads=2)
case("attention-23-causal", 23, "Attention", [floats(2, 2, 5, 4), floats(2, 2, 5, 4), floats(2, 2, 5, 4)], ir=11, is_causal=1)
