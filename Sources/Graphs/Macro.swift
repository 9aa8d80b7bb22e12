import Tensors

/// An operator without a kernel of its own: it stands for its `definition`, which takes its place before a graph is
/// compiled or run. What other programs fuse is read so. Its types are those of the definition.
public protocol Macro: Operator {}

extension Macro {
  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] { try inferred(x) { definition($0) } }

  /// The types of what `make` builds from operands of these types.
  public func inferred(_ x: Operands, _ make: ([Tensor?]) -> [Tensor]?) throws(ShapeError) -> [TensorType] {
    var seed = Graph(name: name)
    let ids = x.types.enumerated().map { position, type -> ValueID? in
      guard let type else { return nil }
      let known = position < x.contents.count ? x.contents[position] : nil
      let given = position < x.names.count ? x.names[position] : nil
      let id = seed.addValue(Value(name: given ?? "x\(position)", type: type, contents: known))
      seed.inputs.append(id)
      return id
    }
    let builder = GraphBuilder(extending: seed)
    let results = make(ids.map { $0.map { Tensor(builder, $0) } })
    if !builder.diagnostics.isEmpty {
      throw ShapeError(builder.diagnostics.map(\.message).joined(separator: "; "))
    }
    guard let results else { throw ShapeError("is not defined for these inputs") }
    return results.map(\.type)
  }

  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel {
    throw ShapeError("\(name) stands for its definition, and has no kernel")
  }
}

extension Graph {
  /// The graph with the definitions of macros in their places.
  public func expandingMacros() throws(BuildError) -> Graph {
    nodes.contains { $0.op is any Macro } ? try expanding { _, node in node.op is any Macro } : self
  }
}
