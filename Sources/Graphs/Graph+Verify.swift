import Tensors

extension Graph {
  /// What inference says of one output.
  public struct Fact: Sendable {
    public var type: TensorType
    public var contents: [Dimension]?
  }

  /// Checks arity, infers types and contents of an operator on values of this graph.
  public func infer(_ op: any Operator, _ inputs: [ValueID?], outputCount: Int) throws(GraphError) -> [Fact] {
    if let complaint = type(of: op).arityComplaint(inputs: inputs.map { $0 != nil }, outputs: outputCount) {
      throw GraphError(.arity, at: op.name, "\(op.name): \(complaint)")
    }
    let operands = Operands(
      types: inputs.map { $0.map { self[$0].type } }, contents: inputs.map { $0.flatMap { self[$0].contents } },
      outputCount: outputCount, names: inputs.map { $0.map { self[$0].name } })
    do {
      let types = try op.infer(operands)
      guard types.count >= outputCount else {
        throw GraphError(.arity, at: op.name, "\(op.name): has \(types.count) outputs, not \(outputCount)")
      }
      let contents = op.contents(operands)
      return types.enumerated().map { index, type in
        // Elements of constants alone may be floating point: arithmetic on elements is that of integers.
        let known = index < contents.count && !type.scalar.isFloat ? contents[index] : nil
        return Fact(type: type, contents: (known?.count ?? 0) <= 64 ? known : nil)
      }
    } catch let error as ShapeError {
      throw GraphError(.shape, at: op.name, "\(op.name): \(error.message)")
    } catch let error as GraphError {
      throw error
    } catch {
      throw GraphError(.shape, at: op.name, "\(op.name): \(error)")
    }
  }

  /// Infers types and contents of every node again, in order, from the inputs and constants. Used after symbols were bound.
  public mutating func inferAll() throws(GraphError) {
    for node in nodes {
      let facts: [Fact]
      do { facts = try infer(node.op, node.inputs, outputCount: node.outputs.count) } catch {
        throw GraphError(error.kind, at: node.name, error.message)
      }
      for (output, fact) in zip(node.outputs, facts) {
        guard let output else { continue }
        self[output].type = fact.type
        self[output].contents = fact.contents
      }
    }
  }

  /// Checks that the graph is well-formed: values made before they are read and made once, names unique, types as inferred.
  public func verify() throws(GraphError) {
    var made = Set(inputs).union(constants.keys)
    var names: Set<String> = []
    for value in values where !names.insert(value.name).inserted {
      throw GraphError(.duplicateName, at: value.name, "names two values")
    }
    for (id, array) in constants where array.type != self[id].type {
      throw GraphError(.type, at: self[id].name, "is declared \(self[id].type), but holds \(array.type)")
    }
    for node in nodes {
      for case let input? in node.inputs where !made.contains(input) {
        throw GraphError(.order, at: node.name, "reads \(self[input].name) before it is made")
      }
      let facts: [Fact]
      do { facts = try infer(node.op, node.inputs, outputCount: node.outputs.count) } catch {
        throw GraphError(error.kind, at: node.name, error.message)
      }
      for (output, fact) in zip(node.outputs, facts) {
        guard let output else { continue }
        guard made.insert(output).inserted else {
          throw GraphError(.order, at: node.name, "makes \(self[output].name), which is made already")
        }
        if self[output].type != fact.type {
          throw GraphError(
            .type, at: node.name, "makes \(fact.type), but \(self[output].name) is declared \(self[output].type)")
        }
      }
    }
    for root in roots where !made.contains(root) {
      throw GraphError(.order, at: self[root].name, "is asked for but never made")
    }
    var seen: Set<ValueID> = []
    for update in updates {
      guard constants[update.state] != nil else {
        throw GraphError(.type, at: self[update.state].name, "is updated, but is not an initializer")
      }
      guard seen.insert(update.state).inserted else {
        throw GraphError(.duplicateName, at: self[update.state].name, "is updated twice")
      }
    }
  }

  /// The graph with symbols replaced by numbers, types and contents inferred anew.
  public func bound(_ values: [String: Int]) throws(GraphError) -> Graph {
    var result = self
    for id in result.inputs { result[id].type = result[id].type.bound(values) }
    try result.inferAll()
    return result
  }

  /// The graph with symbols replaced by other extents, types and contents inferred anew.
  public func substituting(_ values: [String: Dimension]) throws(GraphError) -> Graph {
    var result = self
    for id in result.inputs {
      let type = result[id].type
      result[id].type = TensorType(type.scalar, Shape(type.shape.dimensions.map { $0.substituting(values) }))
    }
    try result.inferAll()
    return result
  }
}
