import CONNX
import Graphs
import Tensors

/// Builds messages from `Wire…` values in an arena. Weights are lent, not copied: the values must outlive the encoder's
/// use.
final class WireEncoder {
  private let arena: OpaquePointer

  init() { arena = connx_arena_create() }
  deinit { connx_arena_destroy(arena) }

  func model(_ wire: WireModel) -> UnsafeMutablePointer<Onnx__ModelProto> {
    let m = connx_new_model(arena)
    m.pointee.has_ir_version = 1
    m.pointee.ir_version = Int64(wire.irVersion ?? 8)
    m.pointee.producer_name = string(wire.producerName)
    m.pointee.producer_version = string(wire.producerVersion)
    if !wire.documentation.isEmpty { m.pointee.doc_string = string(wire.documentation) }
    if let graph = wire.graph { m.pointee.graph = encode(graph) }
    for (domain, version) in wire.imports { connx_model_add_opset(arena, m, domain, Int64(version)) }
    for entry in wire.metadata { connx_model_add_metadata(arena, m, clean(entry.key), clean(entry.value)) }
    for training in wire.training {
      let t = connx_model_add_training_info(arena, m)
      if let graph = training.initialization { t.pointee.initialization = encode(graph) }
      if let graph = training.algorithm { t.pointee.algorithm = encode(graph) }
      for entry in training.initializationBinding {
        connx_training_info_add_initialization_binding(arena, t, clean(entry.key), clean(entry.value))
      }
      for entry in training.updateBinding {
        connx_training_info_add_update_binding(arena, t, clean(entry.key), clean(entry.value))
      }
    }
    for function in wire.functions { encode(function, connx_model_add_function(arena, m)) }
    return m
  }

  /// The message as bytes.
  func pack(_ model: UnsafeMutablePointer<Onnx__ModelProto>) throws(ONNXError) -> [UInt8] {
    var (size, failure) = (0, connx_error())
    guard let bytes = connx_pack(arena, model, &size, &failure) else {
      throw ONNXError(.unsupported, String(cString: connx_error_message(&failure)))
    }
    return Array(UnsafeBufferPointer(start: bytes, count: size))
  }

  private func encode(_ wire: WireGraph) -> UnsafeMutablePointer<Onnx__GraphProto> {
    let g = connx_new_graph(arena)
    g.pointee.name = string(wire.name)
    for node in wire.nodes { encode(node, connx_graph_add_node(arena, g)) }
    for tensor in wire.initializers { encode(tensor, connx_graph_add_initializer(arena, g)) }
    for value in wire.inputs { encode(value, connx_graph_add_input(arena, g)) }
    for value in wire.outputs { encode(value, connx_graph_add_output(arena, g)) }
    for value in wire.values { encode(value, connx_graph_add_value_info(arena, g)) }
    return g
  }

  private func encode(_ wire: WireFunction, _ f: UnsafeMutablePointer<Onnx__FunctionProto>) {
    f.pointee.domain = string(wire.domain)
    f.pointee.name = string(wire.name)
    if !wire.documentation.isEmpty { f.pointee.doc_string = string(wire.documentation) }
    for name in wire.inputs { connx_function_add_input(arena, f, clean(name)) }
    for name in wire.outputs { connx_function_add_output(arena, f, clean(name)) }
    for name in wire.attributes { connx_function_add_attribute(arena, f, clean(name)) }
    for attribute in wire.defaults { encode(attribute, connx_function_add_attribute_default(arena, f)) }
    for node in wire.nodes { encode(node, connx_function_add_node(arena, f)) }
    for (domain, version) in wire.imports { connx_function_add_opset(arena, f, domain, Int64(version)) }
  }

  private func encode(_ wire: WireNode, _ n: UnsafeMutablePointer<Onnx__NodeProto>) {
    n.pointee.name = string(wire.name)
    n.pointee.op_type = string(wire.type)
    if !wire.domain.isEmpty { n.pointee.domain = string(wire.domain) }
    for name in wire.inputs { connx_node_add_input(arena, n, clean(name)) }
    for name in wire.outputs { connx_node_add_output(arena, n, clean(name)) }
    for attribute in wire.attributes { encode(attribute, connx_node_add_attribute(arena, n)) }
  }

  private func encode(_ wire: WireAttribute, _ a: UnsafeMutablePointer<Onnx__AttributeProto>) {
    a.pointee.name = string(wire.name)
    if case .reference(let name) = wire.content { a.pointee.ref_attr_name = string(name) }
    if case .graph(let graph) = wire.content { connx_attribute_set_graph(a, encode(graph)) }
    guard case .value(let value) = wire.content else { return }
    switch value {
    case .int(let number): connx_attribute_set_int(a, Int64(number))
    case .ints(let numbers): connx_attribute_set_ints(arena, a, numbers.map { Int64($0) }, numbers.count)
    case .float(let number): connx_attribute_set_float(a, number)
    case .floats(let numbers): connx_attribute_set_floats(arena, a, numbers, numbers.count)
    case .string(let text): connx_attribute_set_string(arena, a, Array(text.utf8), text.utf8.count)
    case .strings(let texts):
      a.pointee.has_type = 1
      a.pointee.type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRINGS
      for text in texts { connx_attribute_add_string(arena, a, Array(text.utf8), text.utf8.count) }
    case .graph: break  // the writer puts a `WireGraph` in its place
    case .tensor(let array):
      let tensor = connx_new_tensor(arena)
      encode(WireTensor(name: "", array: array), tensor)
      connx_attribute_set_tensor(a, tensor)
    }
  }

  private func encode(_ wire: WireTensor, _ t: UnsafeMutablePointer<Onnx__TensorProto>) {
    if !wire.name.isEmpty { t.pointee.name = string(wire.name) }
    t.pointee.has_data_type = 1
    t.pointee.data_type = Int32(wire.array.scalar.rawValue)
    for size in wire.array.sizes { connx_tensor_add_dimension(arena, t, Int64(size)) }
    guard let external = wire.external else {
      connx_tensor_lend_raw_data(t, wire.array.address, wire.array.byteCount)
      return
    }
    t.pointee.has_data_location = 1
    t.pointee.data_location = ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL
    connx_tensor_add_external_data(arena, t, "location", external.location)
    connx_tensor_add_external_data(arena, t, "offset", String(external.offset))
    connx_tensor_add_external_data(arena, t, "length", String(external.length))
  }

  private func encode(_ wire: WireValue, _ v: UnsafeMutablePointer<Onnx__ValueInfoProto>) {
    v.pointee.name = string(wire.name)
    guard case .tensor(let element, let extents) = wire.kind else { return }
    let type = connx_new_tensor_type(arena, Int32(element), extents != nil)
    for extent in extents ?? [] {
      switch extent {
      case .size(let size): connx_type_add_size(arena, type, Int64(size))
      case .symbol(let name): connx_type_add_symbol(arena, type, clean(name))
      case .unknown: connx_type_add_symbol(arena, type, nil)
      }
    }
    v.pointee.type = type
  }

  private func string(_ text: String) -> UnsafeMutablePointer<CChar> { connx_arena_string(arena, clean(text)) }

  /// C strings end at NUL.
  private func clean(_ text: String) -> String { text.utf8.contains(0) ? text.replacing("\0", with: "") : text }
}
