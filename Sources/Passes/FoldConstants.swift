import Graphs
import Operators
import Tensors

/// Computes what depends on nothing but constants. States are no constants: a run changes them.
public struct FoldConstants: Pass {
  /// Larger results stay computed: 16 MiB. Converted weights do not, however large: a run would convert them again.
  static let largest = 16 << 20
  /// All results of a pipeline together: 256 MiB, and eight times what the file's own constants take, which their
  /// conversions may need.
  static let mostBytes = (fixed: 1 << 28, perConstantByte: 8)
  /// Operations, and bytes read and written, in a pipeline: a second or two on one core, and what passes over the file's own
  /// constants take.
  static let mostWork = (fixed: 1 << 32, perConstantByte: 128)

  /// What one run of the pass may spend; nil for what the pipeline has left of as much as the graph's constants warrant. What
  /// is not paid for stays computed at every run.
  private let limits: (bytes: Int, work: Int)?

  public init() { limits = nil }

  init(bytes: Int, work: Int) { limits = (bytes, work) }

  private func budget(of rewriter: Rewriter) -> EvaluationBudget {
    if let limits { return EvaluationBudget(bytes: limits.bytes, work: limits.work) }
    if let budget = rewriter.evaluationBudget { return budget }
    let (mostBytes, mostWork) = (FoldConstants.mostBytes, FoldConstants.mostWork)
    let stored = rewriter.builder.graph.constants.values.reduce(0) { min($0 + $1.byteCount, 1 << 48) }
    let budget = EvaluationBudget(
      bytes: mostBytes.fixed + mostBytes.perConstantByte * stored,
      work: mostWork.fixed + mostWork.perConstantByte * stored)
    rewriter.evaluationBudget = budget
    return budget
  }

  public func run(on rewriter: Rewriter) throws(GraphError) {
    let budget = budget(of: rewriter)
    for index in try rewriter.order() where rewriter.isAlive(index) {
      let node = rewriter.builder.graph.nodes[index]
      if node.op is RandomNormal || node.op is RandomUniform { continue }
      rewriter.rewrite(at: index, name) { site in
        guard let arrays = known(node, site) ?? computed(node, site, budget) else { return nil }
        return Replacement(
          zip(node.outputs, arrays).compactMap { output, array in output.map { ($0, site.builder.constant(array)) } })
      }
    }
  }

  /// Integers whose elements inference knows.
  private func known(_ node: Node, _ site: RewriteSite) -> [NDArray]? {
    var arrays: [NDArray] = []
    for case let output? in node.outputs {
      guard let contents = site.builder.graph[output].contents, let sizes = site.builder.graph[output].type.shape.sizes,
        sizes.count <= 1
      else { return nil }
      let numbers = contents.compactMap(\.constant)
      guard numbers.count == contents.count, numbers.count == sizes.reduce(1, *) else { return nil }
      switch site.builder.graph[output].type.scalar {
      case .int64: arrays.append(NDArray(numbers.map { Int64($0) }, sizes))
      case .int32: arrays.append(NDArray(numbers.map { Int32(clamping: $0) }, sizes))
      case .bool: arrays.append(NDArray(numbers.map { $0 != 0 }, sizes))
      default: return nil
      }
    }
    return arrays.count == node.outputs.count ? arrays : nil
  }

  /// Results of the node's own kernel.
  private func computed(_ node: Node, _ site: RewriteSite, _ budget: EvaluationBudget) -> [NDArray]? {
    var inputs: [NDArray?] = []
    for input in node.inputs {
      guard let input else {
        inputs.append(nil)
        continue
      }
      guard let numbers = Tensor(site.builder, input).numbers else { return nil }
      inputs.append(numbers)
    }
    if isAbsorbed(node, site) { return nil }
    return try? node.op.evaluated(
      on: inputs, outputs: node.outputs.map { $0.map { site.builder.graph[$0] } },
      limit: node.op is Cast ? .max : FoldConstants.largest, budget: budget)
  }

  /// A weight's Transpose that products take in.
  private func isAbsorbed(_ node: Node, _ site: RewriteSite) -> Bool {
    guard node.op is Transpose, let y = site.output(), y.rank >= 2 else { return false }
    let users = site.users(of: y)
    return !users.isEmpty
      && users.allSatisfy { $0.node.op is MatMul || $0.node.op is FusedMatMul || $0.node.op is Linear }
  }
}
