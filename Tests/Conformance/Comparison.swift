import Tensors

/// An answer that is wrong, or a test that cannot be run.
struct Mismatch: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}

/// Checks a result as the official runner does: type and sizes are the same, NaN agrees with NaN, integers are equal, and
///
///     |result − expected| ≤ 10⁻⁷ + 10⁻³ · |expected|
func compare(_ result: NDArray, _ expected: NDArray, _ name: String) throws {
  guard result.type == expected.type else {
    throw Mismatch("\(name) is \(result.type), not \(expected.type)")
  }
  guard let x = result.doubles, let y = expected.doubles else {
    guard result == expected else { throw Mismatch("\(name) differs") }
    return
  }
  for (index, (a, b)) in zip(x, y).enumerated() {
    if a == b || (a.isNaN && b.isNaN) { continue }
    guard abs(a - b) <= 1e-7 + 1e-3 * abs(b), b.isFinite else {
      throw Mismatch("\(name)[\(index)] is \(a), not \(b)")
    }
  }
}
