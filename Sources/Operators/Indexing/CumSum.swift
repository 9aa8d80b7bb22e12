import CKernels
import Graphs
import Tensors

/// Running sums along an axis: with each element, or only of those before it (`isExclusive`); from the end in reverse.
public struct CumSum: Operator {
  public var axis = 0
  public var isExclusive = false
  public var isReverse = false

  public init() {}
  public init(axis: Int, isExclusive: Bool = false, isReverse: Bool = false) {
    (self.axis, self.isExclusive, self.isReverse) = (axis, isExclusive, isReverse)
  }

  public static let onnx = [
    ONNXForm<Self>(
      "CumSum", since: 11, inputs: 1, ["exclusive": .bool(\.isExclusive), "reverse": .bool(\.isReverse)],
      constantInputs: [(1, "axis", .oneInt(\.axis))])
  ]

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] {
    _ = try x[0].shape.axis(axis)
    return try Unary.inferNumber(x)
  }

  public func gradient(_ p: Pullback) -> [Tensor?] {
    [p.seed.apply(CumSum(axis: axis, isExclusive: isExclusive, isReverse: !isReverse))]
  }

  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel {
    let extents = try AxisExtents(site.input(0).sizes, axis: axis)
    let flops = site.output().count
    switch site.output().scalar {
    case .float32:
      return Kernel("ck_cumulative_sum_f32", flops: flops, bytes: site.traffic) { [isExclusive, isReverse] b in
        ck_cumulative_sum_f32(
          b.output(), b.input(0), extents.outer, extents.n, extents.inner, isExclusive, isReverse)
      }
    case .int64:
      return Kernel("ck_cumulative_sum_i64", flops: flops, bytes: site.traffic) { [isExclusive, isReverse] b in
        ck_cumulative_sum_i64(
          b.output(), b.input(0), extents.outer, extents.n, extents.inner, isExclusive, isReverse)
      }
    default: return try site.widened(unsigned: .asSigned) { site throws(ShapeError) in try bind(site) }
    }
  }
}
