import Graphs
import Operators
import Tensors

/// A Transpose, or another shape of the same elements, before an operator that could as well come first.
struct Movement {
  var source: Tensor
  var result: Tensor
  /// The permutation of a Transpose.
  var order: [Int]?

  /// Whether the last axis stays as it is: rows are moved as a whole.
  var keepsRows: Bool {
    guard source.rank > 0, result.rank > 0 else { return false }
    return order.map { $0.last == source.rank - 1 } ?? (source.shape[-1] == result.shape[-1])
  }

  /// Whether another tensor is moved in the same way, whatever its last axis.
  func isSame(as other: Movement, rowsOnly: Bool = false) -> Bool {
    if order != nil || other.order != nil { return order == other.order }
    if !rowsOnly { return source.shape == other.source.shape && result.shape == other.result.shape }
    func rows(_ tensor: Tensor) -> [Dimension] { Array(tensor.shape.dimensions.dropLast()) }
    return rows(source) == rows(other.source) && rows(result) == rows(other.result)
  }

  /// Where each axis of the source comes from.
  var inverse: [Int]? { order.map { order in order.indices.sorted { order[$0] < order[$1] } } }
}

extension RewriteSite {
  /// The movement of rows that makes a tensor. Where a Transpose makes rows of another axis, those are made first, with the
  /// other axes in order, and what is left is the movement; nil where nothing is left.
  func rowMovement(_ tensor: Tensor?) -> Movement? {
    guard let movement = movement(tensor) else { return nil }
    if movement.keepsRows { return movement }
    guard let order = movement.order, let last = order.last else { return nil }
    let others = order.dropLast()
    let sorted = others.sorted()
    if Array(others) == sorted { return nil }
    let places = others.map { axis in sorted.firstIndex(of: axis) ?? 0 }
    return Movement(
      source: movement.source.transposed(sorted + [last]), result: movement.result, order: places + [order.count - 1])
  }

  /// The movement that makes a floating-point tensor.
  func movement(_ tensor: Tensor?) -> Movement? {
    guard let tensor, tensor.scalar == .float32, let maker = maker(tensor), let source = maker.input(0) else {
      return nil
    }
    switch maker.node.op {
    case let op as Transpose: return Movement(source: source, result: tensor, order: op.order(tensor.rank))
    case is Reshape, is Squeeze, is Unsqueeze: return Movement(source: source, result: tensor)
    default: return nil
    }
  }

  /// `tensor` moved in the same way to `shape`.
  func moved(_ tensor: Tensor, by movement: Movement, to shape: Shape) -> Tensor? {
    movement.order.map { tensor.transposed($0) } ?? reshaped(tensor, to: shape)
  }
}
