import CONNX

/// Owns an arena for the length of a test.
final class Arena {
  let pointer = connx_arena_create()

  deinit { connx_arena_destroy(pointer) }

  func string(_ text: String) -> UnsafeMutablePointer<CChar> { connx_arena_string(pointer, text) }

  func pack(_ model: UnsafePointer<Onnx__ModelProto>) throws -> [UInt8] {
    var error = connx_error()
    var size = 0
    guard let bytes = connx_pack(pointer, model, &size, &error) else { throw Refusal(error) }
    return Array(UnsafeBufferPointer(start: bytes, count: size))
  }

  /// y = MatMul(x, W) with x [batch, 3] and W [3, 4], a function, metadata and a training step. Weights are borrowed.
  func sample(weights: UnsafeRawBufferPointer) -> UnsafeMutablePointer<Onnx__ModelProto> {
    let model = connx_new_model(pointer)
    model.pointee.has_ir_version = 1
    model.pointee.ir_version = 8
    model.pointee.producer_name = string("tests")
    connx_model_add_opset(pointer, model, "", 17)
    connx_model_add_metadata(pointer, model, "Größe", "224")
    model.pointee.graph = graph(weights: weights)

    let function = connx_model_add_function(pointer, model)
    function.pointee.name = string("Double")
    function.pointee.domain = string("local")
    connx_function_add_input(pointer, function, "x")
    connx_function_add_output(pointer, function, "y")
    connx_function_add_attribute(pointer, function, "scale")
    connx_function_add_opset(pointer, function, "", 17)
    connx_function_add_node(pointer, function).pointee.op_type = string("Add")

    let training = connx_model_add_training_info(pointer, model)
    training.pointee.algorithm = connx_new_graph(pointer)
    connx_training_info_add_update_binding(pointer, training, "W", "W_next")
    return model
  }

  private func graph(weights: UnsafeRawBufferPointer) -> UnsafeMutablePointer<Onnx__GraphProto> {
    let graph = connx_new_graph(pointer)
    let tensor = connx_graph_add_initializer(pointer, graph)
    tensor.pointee.name = string("W")
    tensor.pointee.has_data_type = 1
    tensor.pointee.data_type = Int32(ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT.rawValue)
    connx_tensor_add_dimension(pointer, tensor, 3)
    connx_tensor_add_dimension(pointer, tensor, 4)
    connx_tensor_lend_raw_data(tensor, weights.baseAddress, weights.count)

    let node = connx_graph_add_node(pointer, graph)
    node.pointee.op_type = string("MatMul")
    for name in ["x", "W"] { connx_node_add_input(pointer, node, name) }
    connx_node_add_output(pointer, node, "y")
    let attribute = connx_node_add_attribute(pointer, node)
    attribute.pointee.name = string("axes")
    connx_attribute_set_ints(pointer, attribute, [-1, 0, 7], 3)

    let input = connx_graph_add_input(pointer, graph)
    input.pointee.name = string("x")
    let type = connx_new_tensor_type(pointer, 1, true)
    connx_type_add_symbol(pointer, type, "batch")
    connx_type_add_size(pointer, type, 3)
    connx_type_add_symbol(pointer, type, nil)
    input.pointee.type = type
    return graph
  }
}
