import Graphs
import Operators
import Tensors

extension Graph {
  /// The graph computing in float32 whatever floating-point types it asks for: float16, bfloat16 and float64 are types of
  /// inputs and outputs alone, which are converted where they enter and leave.
  ///
  /// A graph that updates a state of such a type stays as it is.
  func inSinglePrecision() throws(GraphError) -> Graph {
    func isOther(_ scalar: ScalarType) -> Bool { scalar.isFloat && scalar != .float32 }
    guard values.contains(where: { isOther($0.type.scalar) }),
      !updates.contains(where: { isOther(self[$0.state].type.scalar) })
    else { return self }
    var result = self
    do {
      for (id, array) in constants where isOther(array.scalar) {
        let number = try array.inSinglePrecision()
        result.constants[id] = number
        result[id].type = number.type
      }
      for index in nodes.indices { result.nodes[index].op = try nodes[index].op.inSinglePrecision() }
    } catch { throw GraphError(.type, at: name, error.message) }

    var names = Set(values.map(\.name))
    func addCast(of id: ValueID, named wanted: String, to scalar: ScalarType) -> Node {
      var name = wanted
      while !names.insert(name).inserted { name += "_" }
      let cast = result.addValue(Value(name: name, type: TensorType(scalar, self[id].type.shape)))
      return Node(name: name, op: Cast(to: scalar), inputs: [id], outputs: [cast])
    }
    var entries: [Node] = []
    var entered: [ValueID: ValueID] = [:]
    for input in inputs where isOther(self[input].type.scalar) {
      let node = addCast(of: input, named: self[input].name + "/Cast", to: .float32)
      entries.append(node)
      entered[input] = node.outputs[0]
    }
    result.replaceUses(entered)
    var exits: [Node] = []
    for (index, output) in outputs.enumerated() where isOther(self[output.value].type.scalar) {
      let node = addCast(
        of: result.outputs[index].value, named: output.name + "/Cast", to: self[output.value].type.scalar)
      exits.append(node)
      if let cast = node.outputs[0] { result.outputs[index].value = cast }
    }
    result.nodes = entries + result.nodes + exits
    try result.inferAll()
    return result
  }
}

extension NDArray {
  /// The numbers as float32.
  fileprivate func inSinglePrecision() throws(ShapeError) -> NDArray {
    let type = TensorType(.float32, Shape(sizes))
    return try Cast(to: .float32).evaluated(
      on: [self], outputs: [Value(name: "", type: type)], limit: .max)[0]
  }
}

extension Operator {
  /// The operator with attributes that name or hold float32 in the place of other floating-point types.
  fileprivate func inSinglePrecision() throws(ShapeError) -> any Operator {
    func single(_ scalar: ScalarType) -> ScalarType { scalar.isFloat ? .float32 : scalar }
    switch self {
    case let op as Cast: return Cast(to: single(op.to))
    case let op as Constant:
      guard let value = op.value, value.scalar.isFloat, value.scalar != .float32 else { return op }
      return Constant(try value.inSinglePrecision())
    case let op as ConstantOfShape:
      guard let value = op.value, value.scalar.isFloat, value.scalar != .float32 else { return op }
      return ConstantOfShape(try value.inSinglePrecision())
    case var op as RandomNormal:
      op.scalar = single(op.scalar)
      return op
    case var op as RandomUniform:
      op.scalar = single(op.scalar)
      return op
    default: return self
    }
  }
}
