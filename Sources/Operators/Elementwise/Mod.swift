import CKernels
import Graphs
import Tensors

/// The remainder of a / b: with the divisor's sign, or, as C's `fmod`, with the dividend's.
public struct Mod: Operator {
  public var likeC = false

  public init() {}
  public init(likeC: Bool) { self.likeC = likeC }

  public static let onnx = [ONNXForm<Self>("Mod", since: 10, inputs: 2, ["fmod": .bool(\.likeC)])]

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] { try Arithmetic.infer(x) }

  public func contents(_ x: Operands) -> [[Dimension]?] {
    x.elementwise { values in
      let (a, b) = (values[0], values[1])
      guard a.isNonNegative, b.isNonNegative, b != 0 else { return nil }
      return a - a.floorDivided(by: b) * b
    }
  }

  /// ∂/∂b = −(a − y) / b, which is minus the whole quotient.
  public func gradient(_ p: Pullback) -> [Tensor?] {
    let (a, b) = (p.input(0), p.input(1))
    return [
      p.wanted(0) { p.seed.sum(like: a) },
      p.wanted(1) { (p.seed * (p.output(0) - a) / b).sum(like: b) },
    ]
  }

  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel {
    try Arithmetic.bind(likeC ? CK_FMOD : CK_MOD, site)
  }
}

extension Tensor {
  /// The remainder with the sign of `divisor`.
  public func modulo(_ divisor: Tensor) -> Tensor { apply(Mod(), divisor) }
}
