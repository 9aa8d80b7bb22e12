"""Joins the inference graph and the training algorithm of a file into one ordinary model, as ONNX's IR.md describes it."""

import onnx


def combine(model: onnx.ModelProto) -> onnx.ModelProto:
    """The model whose outputs are the algorithm's, update values included."""
    (info,) = model.training_info
    joined = onnx.ModelProto()
    joined.CopyFrom(model)
    del joined.training_info[:]
    graph = joined.graph
    del graph.output[:]
    graph.node.extend(info.algorithm.node)
    graph.initializer.extend(info.algorithm.initializer)
    graph.input.extend(info.algorithm.input)
    graph.value_info.extend(info.algorithm.value_info)
    known = {value.name: value for value in [*info.algorithm.output, *model.graph.output, *model.graph.value_info]}
    names = [output.name for output in info.algorithm.output]
    names += [binding.value for binding in info.update_binding if binding.value not in names]
    graph.output.extend(known.get(name, onnx.ValueInfoProto(name=name)) for name in names)
    return joined
