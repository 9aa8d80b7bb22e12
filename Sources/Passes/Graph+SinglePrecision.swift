import Graphs
import Operators
import Tensors

extension Graph {
  /// The graph computing in float32 whatever floating-point types it asks for: float16, bfloat16 and float64 are types of
  /// inputs and outputs alone, which are converted where they enter and leave. Constants become float32, but for those that
  /// nothing but a Cast or the rows of a Gather are taken of: these stay as narrow as they are.
  ///
  /// A graph that updates a state of such a type stays as it is.
  func inSinglePrecision() throws(GraphError) -> Graph {
    func isOther(_ scalar: ScalarType) -> Bool { scalar.isFloat && scalar != .float32 }
    guard values.contains(where: { isOther($0.type.scalar) }),
      !updates.contains(where: { isOther(self[$0.state].type.scalar) })
    else { return self }
    var result = self
    let tables = narrowTables
    do {
      for (id, array) in constants where isOther(array.scalar) && !tables.contains(id) {
        let number = try array.inSinglePrecision()
        result.constants[id] = number
        result[id].type = number.type
      }
      for (index, node) in nodes.enumerated() {
        let scalars = (node.inputs + node.outputs).compactMap { $0.map { self[$0].type.scalar } }
        if let op = node.op as? any Branching {
          guard scalars.contains(where: isOther) else { continue }
          result.nodes[index].op = op.inSinglePrecision(node.inputs.map { $0.map { self[$0].type } })
        } else {
          result.nodes[index].op = try node.op.inSinglePrecision()
        }
      }
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
    let inner = result.nodes.flatMap { node -> [Node] in
      guard node.op is Gather, let table = node.inputs[0], tables.contains(table), let rows = node.outputs[0] else {
        return [node]
      }
      // The rows are widened, under the name that they had.
      var (gather, cast) = (node, addCast(of: rows, named: node.name + "/Cast", to: self[table].type.scalar))
      swap(&gather.outputs[0], &cast.outputs[0])
      cast.inputs = gather.outputs
      cast.op = Cast(to: .float32)
      return [gather, cast]
    }
    result.nodes = entries + inner + exits
    try result.inferAll()
    return result
  }

  /// Constants in half precision of which nothing else is made than a Cast, or rows by a Gather.
  private var narrowTables: Set<ValueID> {
    var tables = Set(constants.filter { $0.value.scalar == .float16 || $0.value.scalar == .bfloat16 }.keys)
    for node in nodes {
      for (position, input) in node.inputs.enumerated() where !(node.op is Cast || node.op is Gather && position == 0) {
        if let input { tables.remove(input) }
      }
    }
    for output in outputs { tables.remove(output.value) }
    return tables
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
