import Graphs
import Tensors

/// The results of one of two branches. Inputs: the condition (bool), then what the branches read besides.
///
/// A known condition chooses while the graph is read or bound to numbers. Where it depends on data, both branches are
/// computed and `Where` chooses: their results must be of the same types.
public struct If: Macro, Elaborated, Branching {
  public var thenBranch: Subgraph?
  public var elseBranch: Subgraph?

  public init() {}
  public init(then: Subgraph, else other: Subgraph) { (thenBranch, elseBranch) = (then, other) }

  public static let onnx = [
    ONNXForm<Self>(
      "If", since: 1, inputs: .variadic(from: 1), outputs: .variadic(from: 0),
      ["then_branch": .graph(\.thenBranch), "else_branch": .graph(\.elseBranch)])
  ]

  public var ownInputCount: Int { 1 }
  public var resultCount: Int { thenBranch?.outputCount ?? 0 }
  public func formalTypes(_ inputs: [TensorType?]) -> [(name: String, type: TensorType)] { [] }

  public func replacingSubgraphs(_ replacement: (Subgraph) -> Subgraph) -> Self {
    var result = self
    result.thenBranch = thenBranch.map(replacement)
    result.elseBranch = elseBranch.map(replacement)
    return result
  }

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] {
    try inferred(x) { chosen($0) ?? both($0) }
  }

  public func elaboration(_ inputs: [Tensor?], outputs: Int) -> [Tensor]? { chosen(inputs) }

  /// nil while symbols may still decide.
  public func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    let results = chosen(inputs)
    if results == nil, let builder = inputs.first??.builder, !builder.graph.symbols.isEmpty { return nil }
    return (results ?? both(inputs))?.map { $0.identity() }
  }

  /// The results of the branch that a known condition takes.
  private func chosen(_ inputs: [Tensor?]) -> [Tensor]? {
    guard let condition = inputs.first, let condition, let isTrue = condition.knownChoice else { return nil }
    let branch = isTrue ? thenBranch : elseBranch
    return branch?.build(condition.builder, [], captured: Array(inputs.dropFirst()))
  }

  /// The results of both branches, and a choice between them.
  private func both(_ inputs: [Tensor?]) -> [Tensor]? {
    guard let given = inputs.first, let condition = given else { return nil }
    let (builder, captured) = (condition.builder, Array(inputs.dropFirst()))
    guard let thenBranch, let elseBranch, thenBranch.outputCount == elseBranch.outputCount else {
      let counts = [("then_branch", thenBranch), ("else_branch", elseBranch)].map { name, branch in
        "\(name) \(branch.map { "has \($0.outputCount) outputs" } ?? "is missing")"
      }
      builder.record(.arity, at: builder.path, counts.joined(separator: ", but "))
      return nil
    }
    guard condition.shape.elementCount == 1, condition.scalar == .bool else {
      builder.record(
        .shape, at: builder.path, "the condition \(condition.name) must be one Boolean, not \(condition.type)")
      return nil
    }
    let first = builder.scoped("then") { thenBranch.build(builder, [], captured: captured) }
    let second = builder.scoped("else") { elseBranch.build(builder, [], captured: captured) }
    guard let first, let second, first.count == second.count else { return nil }
    let choice = condition.reshaped(shape: builder.constant([Int]()))
    return zip(first, second).map { first, second in
      guard first.type == second.type else {
        builder.record(
          .shape, at: builder.path,
          "the branches give \(first.type) and \(second.type), and the condition \(condition.name) depends on data or on sizes "
            + "that are not known: export the model with fixed sizes, or with branches of one type")
        return Tensor(builder, nil)
      }
      return choice.select(first, second)
    }
  }

  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel {
    throw ShapeError("the condition depends on data that is not known before running")
  }
}

extension Tensor {
  /// The Boolean that this tensor is, where that is known.
  var knownChoice: Bool? {
    if let first = contents?.first { return first.constant.map { $0 != 0 } }
    return evaluated?.integers?.first.map { $0 != 0 }
  }
}
