import CKernels
import Graphs
import Tensors

/// aᵉ, with broadcasting. The exponent may be an integer where the base is floating point.
public struct Pow: Elaborated {
  public init() {}

  public static let onnx = [ONNXForm<Self>("Pow", since: 7, inputs: 2)]

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] {
    try require(x[0].scalar != .bool && x[1].scalar != .bool, "operands must be numbers, not bool")
    return [TensorType(x[0].scalar, try x.broadcastShape())]
  }

  /// Operands of one type, where the kernel needs that.
  public func elaboration(_ inputs: [Tensor?], outputs: Int) -> [Tensor]? {
    guard inputs.count == 2, let base = inputs[0], let exponent = inputs[1], base.scalar != exponent.scalar else {
      return nil
    }
    if base.scalar.isFloat {
      return exponent.shape.elementCount == 1 ? nil : [base.pow(exponent.cast(to: base.scalar))]
    }
    return [base.cast(to: exponent.scalar).pow(exponent).cast(to: base.scalar)]
  }

  /// The exponent's gradient takes log a, which has no meaning for a ≤ 0; at a = 0 it is 0.
  public func gradient(_ p: Pullback) -> [Tensor?] {
    let (base, exponent) = (p.input(0), p.input(1))
    return [
      p.wanted(0) { (p.seed * Pow.slope(base, exponent, power: p.output(0))).sum(like: base) },
      p.wanted(1) {
        let zero = base.scalar(0)
        return (p.seed * base.equal(to: zero).select(zero, p.output(0) * base.log())).sum(like: exponent)
      },
    ]
  }

  /// ∂aᵉ/∂a = e · aᵉ⁻¹.
  private static func slope(_ base: Tensor, _ exponent: Tensor, power: Tensor) -> Tensor {
    switch exponent.scalarNumber {
    case 1: base.scalar(1)
    case 2: base * 2
    case 0.5: 0.5 / power
    case let number?: base.pow(number - 1) * number
    case nil:
      exponent.scalar == base.scalar
        ? exponent * base.pow(exponent - 1) : exponent.cast(to: base.scalar) * base.pow(exponent - 1)
    }
  }

  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel {
    let exponent = site.input(1)
    if exponent.scalar == site.input(0).scalar { return try Arithmetic.bind(CK_POW, site) }
    guard site.output().scalar == .float32, exponent.count == 1 else {
      throw ShapeError("has no kernel for \(site.input(0).scalar) to the power of \(exponent.scalar)")
    }
    let plan = try site.broadcastPlan()
    let type = exponent.scalar.kernelType
    return Kernel("ck_binary_f32", flops: site.output().count, bytes: site.traffic, inPlace: site.overwritable([0])) {
      b in
      var number: Float = 0
      ck_cast(&number, CK_F32, b.rawInput(1), type, 1)
      withUnsafePointer(to: plan) { ck_binary_f32(CK_POW, b.output(), b.input(0), &number, $0) }
    }
  }
}

extension Tensor {
  public func pow(_ exponent: Tensor) -> Tensor { apply(Pow(), exponent) }
  public func pow(_ exponent: Float) -> Tensor { pow(scalar(exponent)) }
}
