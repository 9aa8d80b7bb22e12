import Graphs
import Tensors

/// Writes a definition as a FunctionProto. A function has no initializers: constants are nodes of their own.
struct FunctionWriter {
  private let body: Graph
  private let opset: Int
  private var usedNames: Set<String>

  init(_ body: Graph, opset: Int) {
    self.body = body
    self.opset = opset
    usedNames = Set(body.values.map(\.name))
  }

  /// - Parameter inputCount: how many inputs a call has, absent ones included.
  func function(_ name: String, of op: any Operator, inputCount: Int) throws(ONNXError) -> WireFunction {
    var writer = self
    return try writer.write(name, of: op, inputCount: inputCount)
  }

  private mutating func write(_ name: String, of op: any Operator, inputCount: Int) throws(ONNXError) -> WireFunction {
    var function = WireFunction()
    function.domain = Catalogue.domain
    function.name = name
    function.documentation = "\(op.name), spelt out in standard operators of opset \(opset)"
    function.inputs = (0..<inputCount).map { FunctionBody.inputName($0) }
    function.attributes = op.primaryForm.functionAttributeNames
    function.imports = [("", opset)]
    usedNames.formUnion(function.inputs)

    var constants: [NDArray: String] = [:]
    for id in body.constants.keys.sorted() {
      guard let array = body.constants[id] else { continue }
      constants[array] = body[id].name
      function.nodes.append(WireSyntax.constant(array, named: body[id].name))
    }
    var nodes: [WireNode] = []
    for node in body.nodes {
      guard let form = node.op.standardForm(in: opset) else {
        throw ONNXError(
          .unsupported, at: op.name,
          "its definition needs \(node.op.name), which has neither a form in opset \(opset) nor a definition")
      }
      nodes.append(
        try WireNode(
          spelling: node.op, as: form, name: node.name, inputs: node.inputs.map { $0.map { body[$0].name } ?? "" },
          outputs: node.outputs.map { $0.map { body[$0].name } ?? "" }
        ) { role, value throws(ONNXError) in
          let array: NDArray
          do throws(ShapeError) { array = try value.array() } catch {
            throw ONNXError(.invalid, at: op.name, error.message)
          }
          if let known = constants[array] { return known }
          let constant = freshName(array.constantName(role))
          constants[array] = constant
          function.nodes.append(WireSyntax.constant(array, named: constant))
          return constant
        })
    }
    function.nodes += nodes

    let made = Set(body.nodes.flatMap(\.outputs).compactMap { $0 })
    for output in body.outputs {
      let value = body[output.value].name
      if made.contains(output.value) && !function.outputs.contains(value) {
        function.outputs.append(value)
      } else {
        let name = freshName(output.name)
        function.nodes.append(WireSyntax.identity(from: value, to: name))
        function.outputs.append(name)
      }
    }
    return function
  }

  private mutating func freshName(_ wanted: String) -> String {
    var (candidate, counter) = (wanted, 1)
    while !usedNames.insert(candidate).inserted {
      counter += 1
      candidate = "\(wanted)_\(counter)"
    }
    return candidate
  }
}
