import Graphs
import Operators
import Tensors

/// Writes attributes that can be spelt in several ways in one: the last axis is −1, other axes count from the front,
/// permutations are explicit.
public struct CanonicalAttributes: Pass {
  public init() {}

  public func run(on rewriter: Rewriter) throws(GraphError) {
    let graph = rewriter.graph
    for index in try rewriter.order() {
      let node = graph.nodes[index]
      guard let first = node.inputs.first, let first else { continue }
      if let op = respelt(node.op, rank: graph[first].type.shape.rank) { rewriter.respell(index, as: op) }
    }
  }

  /// The operator on a first input of this rank in the one spelling; nil where it has that already.
  func respelt(_ op: any Operator, rank: Int) -> (any Operator)? {
    func spelt(_ axis: Int) -> Int {
      let position = axis < 0 ? axis + rank : axis
      return position == rank - 1 ? -1 : position
    }
    func list(_ axes: [Int]) -> [Int] { axes.map { $0 < 0 ? $0 + rank : $0 }.sorted().map(spelt) }
    func changed<Op: Operator, T: Equatable>(_ op: Op, _ path: WritableKeyPath<Op, T>, _ value: T) -> (any Operator)? {
      if op[keyPath: path] == value { return nil }
      var op = op
      op[keyPath: path] = value
      return op
    }
    switch op {
    case let op as Softmax: return changed(op, \.axis, spelt(op.axis))
    case let op as LogSoftmax: return changed(op, \.axis, spelt(op.axis))
    case let op as LayerNormalization: return changed(op, \.axis, spelt(op.axis))
    case let op as Concat: return changed(op, \.axis, spelt(op.axis))
    case let op as Split: return changed(op, \.axis, spelt(op.axis))
    case let op as Gather: return changed(op, \.axis, spelt(op.axis))
    case let op as ArgMax: return changed(op, \.axis, spelt(op.axis))
    case let op as ReduceSum: return changed(op, \.axes, op.axes.map(list))
    case let op as ReduceMean: return changed(op, \.axes, op.axes.map(list))
    case let op as ReduceMax: return changed(op, \.axes, op.axes.map(list))
    case let op as ReduceMin: return changed(op, \.axes, op.axes.map(list))
    case let op as ReduceProd: return changed(op, \.axes, op.axes.map(list))
    case let op as ReduceL2: return changed(op, \.axes, op.axes.map(list))
    case let op as ReduceSumSquare: return changed(op, \.axes, op.axes.map(list))
    case let op as Transpose: return changed(op, \.permutation, op.order(rank))
    default: return nil
    }
  }
}
