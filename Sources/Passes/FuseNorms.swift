import Graphs
import Operators
import Tensors

/// √Σ x² is the Euclidean norm.
struct FuseReduceL2: RewriteRule {
  let roots: [any Operator.Type] = [Sqrt.self]

  func rewrite(_ site: RewriteSite) -> Replacement? {
    guard let sum = site.input(0), let maker = site.maker(sum), let y = site.output() else { return nil }
    let norm: Tensor
    if let op = maker.op(ReduceSumSquare.self), let x = maker.input(0) {
      norm = x.builder.apply(
        ReduceL2(axes: op.axes, keepDimensions: op.keepDimensions, noopWithEmptyAxes: op.noopWithEmptyAxes), [x])
    } else if let op = maker.op(ReduceSum.self), let squares = maker.input(0),
      let square = site.maker(squares, Mul.self), let x = square.site.input(0), square.site.input(1)?.id == x.id
    {
      guard site.isReadOnce(squares) else { return site.decline("the squares have another user") }
      norm = x.builder.apply(
        ReduceL2(axes: op.axes, keepDimensions: op.keepDimensions, noopWithEmptyAxes: op.noopWithEmptyAxes), [x])
    } else {
      return nil
    }
    guard site.isReadOnce(sum) else { return site.decline("the sum of squares has another user") }
    return norm.type == y.type ? site.replaced(by: norm) : nil
  }
}
