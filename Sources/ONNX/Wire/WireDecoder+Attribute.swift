import CONNX
import Graphs
import Tensors

extension WireDecoder {
  /// One attribute. Its `type` must agree with the field that is filled; a file older than IR 2 may leave the type out.
  func attribute(_ a: Onnx__AttributeProto, of node: String) throws(ONNXError) -> WireAttribute {
    let name = text(a.name)
    guard !name.isEmpty else { throw ONNXError(.invalid, at: node, "has an attribute without a name") }
    let reference = text(a.ref_attr_name)
    if !reference.isEmpty { return WireAttribute(name: name, content: .reference(reference)) }
    func wrong(_ what: String) -> ONNXError {
      ONNXError(.invalid, at: node, "attribute \(name) says that it is \(what), but holds none")
    }
    let content: WireAttribute.Content
    switch a.has_type != 0 ? a.type : guessedType(a) {
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT:
      guard a.has_f != 0 else { throw wrong("a float") }
      content = .value(.float(a.f))
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT:
      guard a.has_i != 0 else { throw wrong("an integer") }
      content = .value(.int(Int(a.i)))
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRING:
      guard a.has_s != 0 else { throw wrong("a string") }
      content = .value(.string(string(a.s)))
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__TENSOR:
      guard let tensor = a.t else { throw wrong("a tensor") }
      content = .value(.tensor(try tensors.array(tensor, at: "\(node), attribute \(name)")))
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOATS:
      content = .value(.floats(Array(UnsafeBufferPointer(start: a.floats, count: a.n_floats))))
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS:
      content = .value(.ints(UnsafeBufferPointer(start: a.ints, count: a.n_ints).map { Int($0) }))
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRINGS:
      content = .value(.strings(UnsafeBufferPointer(start: a.strings, count: a.n_strings).map { string($0) }))
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__GRAPH:
      guard let g = a.g else { throw wrong("a graph") }
      content = .graph(try graph(g.pointee))
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__GRAPHS: content = .unsupported("a list of graphs")
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__SPARSE_TENSOR:
      guard let s = a.sparse_tensor?.pointee else { throw wrong("a sparse tensor") }
      content = .value(.tensor(try tensors.dense(s, at: "\(node), attribute \(name)")))
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__SPARSE_TENSORS:
      content = .unsupported("a list of sparse tensors")
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__UNDEFINED:
      throw ONNXError(.invalid, at: node, "attribute \(name) has no value")
    default: content = .unsupported("of type \(a.type.rawValue)")
    }
    return WireAttribute(name: name, content: content)
  }

  private func guessedType(_ a: Onnx__AttributeProto) -> Onnx__AttributeProto__AttributeType {
    if a.has_f != 0 { return ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT }
    if a.has_i != 0 { return ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT }
    if a.has_s != 0 { return ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRING }
    if a.t != nil { return ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__TENSOR }
    if a.g != nil { return ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__GRAPH }
    if a.n_floats > 0 { return ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOATS }
    if a.n_ints > 0 { return ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS }
    if a.n_strings > 0 { return ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRINGS }
    return ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__UNDEFINED
  }

  func string(_ bytes: ProtobufCBinaryData) -> String {
    String(decoding: UnsafeBufferPointer(start: bytes.data, count: bytes.data == nil ? 0 : bytes.len), as: UTF8.self)
  }
}
