import Tensors

/// A node at which a rule looks, with what is around it.
public struct RewriteSite {
  let rewriter: Rewriter
  let index: Int
  let rule: String

  public var builder: GraphBuilder { rewriter.builder }
  public var node: Node { rewriter.builder.graph.nodes[index] }

  /// Input `index`; nil when absent.
  public func input(_ index: Int) -> Tensor? {
    let inputs = node.inputs
    return index < inputs.count ? inputs[index].map { Tensor(builder, $0) } : nil
  }

  /// Output `index`; nil when absent.
  public func output(_ index: Int = 0) -> Tensor? {
    let outputs = node.outputs
    return index < outputs.count ? outputs[index].map { Tensor(builder, $0) } : nil
  }

  public func op<Op: Operator>(_ type: Op.Type = Op.self) -> Op? { node.op as? Op }

  /// The place where `tensor` is made as output 0 of an operator of this type.
  public func maker<Op: Operator>(_ tensor: Tensor?, _ type: Op.Type) -> (op: Op, site: RewriteSite)? {
    guard let maker = maker(tensor), let op = maker.node.op as? Op, maker.node.outputs.first == tensor?.id else {
      return nil
    }
    return (op, maker)
  }

  /// The place where `tensor` is made, at any output.
  public func maker(_ tensor: Tensor?) -> RewriteSite? {
    guard let id = tensor?.id, let index = rewriter.producer(of: id) else { return nil }
    return RewriteSite(rewriter: rewriter, index: index, rule: rule)
  }

  /// The nodes that read `tensor`, once per reading input.
  public func users(of tensor: Tensor) -> [RewriteSite] {
    guard let id = tensor.id else { return [] }
    return rewriter.users(of: id).map { RewriteSite(rewriter: rewriter, index: $0, rule: rule) }
  }

  /// Whether `tensor` is an output of the graph or the new value of a state.
  public func isRoot(_ tensor: Tensor) -> Bool { tensor.id.map { rewriter.isRoot($0) } ?? false }

  /// Whether one input of one node is all that reads `tensor`.
  public func isReadOnce(_ tensor: Tensor) -> Bool { users(of: tensor).count == 1 && !isRoot(tensor) }

  /// Whether `tensor` holds numbers that lie in the graph: a weight, or a state that updates replace.
  public func isInitializer(_ tensor: Tensor) -> Bool { tensor.id.map { builder.graph.constants[$0] != nil } ?? false }

  /// Whether the two are the same node.
  public func isSame(as other: RewriteSite) -> Bool { index == other.index }

  /// Says in the log why the rule does not apply here.
  @discardableResult
  public func decline(_ reason: @autoclosure () -> String) -> Replacement? {
    note(reason())
    return nil
  }

  func note(_ reason: @autoclosure () -> String) {
    rewriter.log?.add(rule, node.name, .declined(reason()))
  }

  /// Lets `tensor` take the place of output 0.
  public func replaced(by tensor: Tensor?) -> Replacement? {
    guard let output = node.outputs.first, let output, let tensor else { return nil }
    return Replacement([(output, tensor)])
  }
}
