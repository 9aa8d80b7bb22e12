import Graphs
import Tensors

/// Requires two extents that must be equal to be so, as far as it can be known; gives the one that says more.
func agreed(_ a: Dimension, _ b: Dimension, _ message: @autoclosure () -> String) throws(ShapeError) -> Dimension {
  if a == b { return a }
  if a.differs(from: b) { throw ShapeError(message()) }
  return a.constant != nil ? a : b
}

/// Requires two shapes that must be equal to be so, as far as it can be known.
func requireEqual(_ a: Shape, _ b: Shape, _ what: String, _ other: String) throws(ShapeError) {
  let message = "\(what) is \(a), but \(other) is \(b)"
  try require(a.rank == b.rank, message)
  for (x, y) in zip(a.dimensions, b.dimensions) { _ = try agreed(x, y, message) }
}

/// Requires all present operands to be of one floating-point type, which it gives.
@discardableResult
func requireOneFloatType(_ x: Operands, _ indices: [Int]) throws(ShapeError) -> ScalarType {
  var type: ScalarType?
  for index in indices where x.has(index) {
    let scalar = x[index].scalar
    try require(scalar.isFloat, "input \(index) must be floating point, not \(scalar)")
    if let type { try require(scalar == type, "input \(index) is \(scalar), but the inputs before it are \(type)") }
    type = scalar
  }
  return type ?? .float32
}

extension CallSite {
  /// Requires the present inputs among `indices` to be float32, the type that kernels of this family compute in.
  func requireFloat32(_ indices: Int..., kernel: String) throws(ShapeError) {
    for index in indices where has(index) {
      let scalar = input(index).scalar
      try require(
        scalar == .float32, "\(kernel) computes in f32 alone, and input \(index) is \(scalar); cast it to f32 before")
    }
  }
}
