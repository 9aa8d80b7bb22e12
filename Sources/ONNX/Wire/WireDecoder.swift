import CONNX
import Graphs
import Tensors

/// Turns parsed messages into `Wire…` values. Tensors come from `tensors`, which knows where raw and external data lie.
struct WireDecoder {
  let tensors: TensorDecoder

  func model(_ m: Onnx__ModelProto) throws(ONNXError) -> WireModel {
    var model = WireModel()
    model.irVersion = m.has_ir_version != 0 ? Int(m.ir_version) : nil
    model.producerName = text(m.producer_name)
    model.producerVersion = text(m.producer_version)
    model.documentation = text(m.doc_string)
    model.imports = imports(m.opset_import, m.n_opset_import)
    model.metadata = entries(m.metadata_props, m.n_metadata_props)
    if let g = m.graph { model.graph = try graph(g.pointee) }
    for index in 0..<m.n_training_info {
      guard let info = m.training_info[index]?.pointee else { continue }
      var training = WireTraining()
      if let g = info.initialization { training.initialization = try graph(g.pointee) }
      if let g = info.algorithm { training.algorithm = try graph(g.pointee) }
      training.initializationBinding = entries(info.initialization_binding, info.n_initialization_binding)
      training.updateBinding = entries(info.update_binding, info.n_update_binding)
      model.training.append(training)
    }
    for index in 0..<m.n_functions {
      guard let f = m.functions[index]?.pointee else { continue }
      model.functions.append(try function(f))
    }
    return model
  }

  private func function(_ f: Onnx__FunctionProto) throws(ONNXError) -> WireFunction {
    var function = WireFunction()
    function.domain = domain(f.domain)
    function.name = text(f.name)
    function.overload = text(f.overload)
    function.documentation = text(f.doc_string)
    function.inputs = texts(f.input, f.n_input)
    function.outputs = texts(f.output, f.n_output)
    function.attributes = texts(f.attribute, f.n_attribute)
    for index in 0..<f.n_attribute_proto {
      if let a = f.attribute_proto[index]?.pointee { function.defaults.append(try attribute(a, of: function.name)) }
    }
    function.nodes = try nodes(f.node, f.n_node)
    function.imports = imports(f.opset_import, f.n_opset_import)
    return function
  }

  func graph(_ g: Onnx__GraphProto) throws(ONNXError) -> WireGraph {
    var graph = WireGraph()
    graph.name = text(g.name)
    graph.nodes = try nodes(g.node, g.n_node)
    for index in 0..<g.n_initializer {
      guard let t = g.initializer[index] else { continue }
      let name = text(t.pointee.name)
      guard !name.isEmpty else {
        throw ONNXError(.invalid, at: graph.name, "initializer \(index) has no name")
      }
      graph.initializers.append(WireTensor(name: name, array: try tensors.array(t, at: name)))
    }
    graph.inputs = values(g.input, g.n_input)
    graph.outputs = values(g.output, g.n_output)
    graph.values = values(g.value_info, g.n_value_info)
    for index in 0..<g.n_sparse_initializer {
      guard let s = g.sparse_initializer[index]?.pointee else { continue }
      let name = text(s.values?.pointee.name)
      guard !name.isEmpty else {
        throw ONNXError(.invalid, at: graph.name, "sparse initializer \(index) has no name")
      }
      graph.initializers.append(WireTensor(name: name, array: try tensors.dense(s, at: name)))
    }
    return graph
  }

  private func nodes(
    _ list: UnsafeMutablePointer<UnsafeMutablePointer<Onnx__NodeProto>?>?, _ count: Int
  ) throws(ONNXError) -> [WireNode] {
    var nodes: [WireNode] = []
    nodes.reserveCapacity(count)
    for index in 0..<count {
      guard let n = list?[index]?.pointee else { continue }
      var node = WireNode()
      node.name = text(n.name)
      node.domain = domain(n.domain)
      node.type = text(n.op_type)
      node.overload = text(n.overload)
      node.inputs = texts(n.input, n.n_input)
      node.outputs = texts(n.output, n.n_output)
      let place = node.name.isEmpty ? "\(node.type) node \(index)" : node.name
      for position in 0..<n.n_attribute {
        if let a = n.attribute[position]?.pointee { node.attributes.append(try attribute(a, of: place)) }
      }
      nodes.append(node)
    }
    return nodes
  }

  private func values(
    _ list: UnsafeMutablePointer<UnsafeMutablePointer<Onnx__ValueInfoProto>?>?, _ count: Int
  ) -> [WireValue] {
    (0..<count).compactMap { index in
      guard let v = list?[index]?.pointee else { return nil }
      return WireValue(name: text(v.name), kind: kind(v.type))
    }
  }

  private func kind(_ pointer: UnsafeMutablePointer<Onnx__TypeProto>?) -> WireValue.Kind {
    guard let t = pointer?.pointee, t.value_case != ONNX__TYPE_PROTO__VALUE__NOT_SET else { return .unknown }
    guard t.value_case == ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE, let tensor = t.tensor_type?.pointee else {
      return .other
    }
    let element = tensor.has_elem_type != 0 ? Int(tensor.elem_type) : 0
    guard let shape = tensor.shape?.pointee else { return .tensor(element: element, extents: nil) }
    let extents: [WireValue.Extent] = (0..<shape.n_dim).map { index in
      guard let d = shape.dim[index]?.pointee else { return .unknown }
      switch d.value_case {
      case ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE: return .size(Int(d.dim_value))
      case ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM:
        let symbol = text(d.dim_param)
        return symbol.isEmpty ? .unknown : .symbol(symbol)
      default: return .unknown
      }
    }
    return .tensor(element: element, extents: extents)
  }

  private func imports(
    _ list: UnsafeMutablePointer<UnsafeMutablePointer<Onnx__OperatorSetIdProto>?>?, _ count: Int
  ) -> [(domain: String, version: Int)] {
    (0..<count).compactMap { index in list?[index].map { (domain($0.pointee.domain), Int($0.pointee.version)) } }
  }

  private func entries(
    _ list: UnsafeMutablePointer<UnsafeMutablePointer<Onnx__StringStringEntryProto>?>?, _ count: Int
  ) -> [WireEntry] {
    (0..<count).compactMap { index in
      list?[index].map { WireEntry(key: text($0.pointee.key), value: text($0.pointee.value)) }
    }
  }

  func text(_ pointer: UnsafeMutablePointer<CChar>?) -> String { pointer.map { String(cString: $0) } ?? "" }

  private func texts(_ list: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?, _ count: Int) -> [String] {
    (0..<count).map { text(list?[$0]) }
  }

  private func domain(_ pointer: UnsafeMutablePointer<CChar>?) -> String {
    let name = text(pointer)
    return name == "ai.onnx" ? "" : name
  }
}
