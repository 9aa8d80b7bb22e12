import CKernels
import Graphs
import Tensors

/// condition ? a : b, element by element, with broadcasting.
public struct Where: Operator {
  public init() {}

  public static let onnx = [ONNXForm<Self>("Where", since: 9, inputs: 3)]

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] {
    try require(x[0].scalar == .bool, "the condition must be bool, not \(x[0].scalar)")
    try require(x[1].scalar == x[2].scalar, "element types differ: \(x[1].scalar) and \(x[2].scalar)")
    return [TensorType(x[1].scalar, try x.broadcastShape())]
  }

  public func contents(_ x: Operands) -> [[Dimension]?] {
    x.elementwise { values in
      if values[1] == values[2] { return values[1] }
      return values[0].constant.map { $0 == 0 ? values[2] : values[1] }
    }
  }

  public func gradient(_ p: Pullback) -> [Tensor?] {
    let zero = p.seed.scalar(0)
    return [
      nil,
      p.wanted(1) { p.input(0).select(p.seed, zero).sum(like: p.input(1)) },
      p.wanted(2) { p.input(0).select(zero, p.seed).sum(like: p.input(2)) },
    ]
  }

  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel {
    let plan = try site.broadcastPlan([0, 1, 2])
    let size = Int32(site.output().scalar.size)
    return Kernel("ck_where", bytes: site.traffic, inPlace: site.overwritable([1, 2])) { b in
      withUnsafePointer(to: plan) {
        ck_where(b.rawOutput(), b.input(0), b.rawInput(1), b.rawInput(2), $0, size)
      }
    }
  }
}

extension Tensor {
  /// This Boolean tensor chooses: `a` where it is true, `b` elsewhere.
  public func select(_ a: Tensor, _ b: Tensor) -> Tensor { apply(Where(), a, b) }
}
