import Graphs
import Tensors

/// A dense tensor seen as [outer, n, inner] around one axis.
struct AxisExtents: Sendable {
  var outer: Int64
  var n: Int64
  var inner: Int64

  init(_ sizes: [Int], axis: Int) throws(ShapeError) {
    let axis = try Shape(sizes).axis(axis)
    outer = Int64(sizes[..<axis].reduce(1, *))
    n = Int64(sizes[axis])
    inner = Int64(sizes[(axis + 1)...].reduce(1, *))
  }
}
