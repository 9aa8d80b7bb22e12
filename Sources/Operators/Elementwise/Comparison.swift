import CKernels
import Graphs
import Tensors

/// a = b, with broadcasting.
public struct Equal: Operator {
  public init() {}

  public static let onnx = [ONNXForm<Self>("Equal", since: 7, inputs: 2)]

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] { try Comparison.infer(x) }

  /// Dimensions are not negative, so that they never equal the −1 that exporters compare them with.
  public func contents(_ x: Operands) -> [[Dimension]?] {
    x.elementwise { values in
      let difference = values[0] - values[1]
      if let number = difference.constant { return number == 0 ? 1 : 0 }
      return (difference - 1).isNonNegative || (values[1] - values[0] - 1).isNonNegative ? 0 : nil
    }
  }

  public func gradient(_ p: Pullback) -> [Tensor?] { [nil, nil] }

  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel { try Comparison.bind(CK_EQUAL, site) }
}

/// a < b, with broadcasting.
public struct Less: Operator {
  public init() {}

  public static let onnx = [ONNXForm<Self>("Less", since: 7, inputs: 2)]

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] { try Comparison.inferOrder(x) }
  public func contents(_ x: Operands) -> [[Dimension]?] { Comparison.contents(x) { $0 < 0 } }
  public func gradient(_ p: Pullback) -> [Tensor?] { [nil, nil] }
  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel { try Comparison.bind(CK_LESS, site) }
}

/// a ≤ b, with broadcasting.
public struct LessOrEqual: Operator {
  public init() {}

  public static let onnx = [ONNXForm<Self>("LessOrEqual", since: 12, inputs: 2)]

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] { try Comparison.inferOrder(x) }
  public func contents(_ x: Operands) -> [[Dimension]?] { Comparison.contents(x) { $0 <= 0 } }
  public func gradient(_ p: Pullback) -> [Tensor?] { [nil, nil] }
  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel { try Comparison.bind(CK_LESS_OR_EQUAL, site) }
}

/// a > b, with broadcasting.
public struct Greater: Operator {
  public init() {}

  public static let onnx = [ONNXForm<Self>("Greater", since: 7, inputs: 2)]

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] { try Comparison.inferOrder(x) }
  public func contents(_ x: Operands) -> [[Dimension]?] { Comparison.contents(x) { $0 > 0 } }
  public func gradient(_ p: Pullback) -> [Tensor?] { [nil, nil] }
  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel { try Comparison.bind(CK_GREATER, site) }
}

/// a ≥ b, with broadcasting.
public struct GreaterOrEqual: Operator {
  public init() {}

  public static let onnx = [ONNXForm<Self>("GreaterOrEqual", since: 12, inputs: 2)]

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] { try Comparison.inferOrder(x) }
  public func contents(_ x: Operands) -> [[Dimension]?] { Comparison.contents(x) { $0 >= 0 } }
  public func gradient(_ p: Pullback) -> [Tensor?] { [nil, nil] }
  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel { try Comparison.bind(CK_GREATER_OR_EQUAL, site) }
}

private enum Comparison {
  static func infer(_ x: Operands) throws(ShapeError) -> [TensorType] {
    try x.requireOneScalar()
    return [TensorType(.bool, try x.broadcastShape())]
  }

  static func inferOrder(_ x: Operands) throws(ShapeError) -> [TensorType] {
    try require(x[0].scalar != .bool, "operands must be numbers, not bool")
    return try infer(x)
  }

  /// Decided where the difference a − b is a number.
  static func contents(_ x: Operands, _ holds: (Int) -> Bool) -> [[Dimension]?] {
    x.elementwise { values in (values[0] - values[1]).constant.map { holds($0) ? 1 : 0 } }
  }

  static func bind(_ op: ck_compare_op, _ site: CallSite) throws(ShapeError) -> Kernel {
    let plan = try site.broadcastPlan()
    let (flops, bytes) = (site.output().count, site.traffic)
    switch site.input(0).scalar {
    case .float32:
      return Kernel("ck_compare_f32", flops: flops, bytes: bytes) { b in
        withUnsafePointer(to: plan) { ck_compare_f32(op, b.output(), b.input(0), b.input(1), $0) }
      }
    case .int64:
      return Kernel("ck_compare_i64", flops: flops, bytes: bytes) { b in
        withUnsafePointer(to: plan) { ck_compare_i64(op, b.output(), b.input(0), b.input(1), $0) }
      }
    case .int32:
      return Kernel("ck_compare_i32", flops: flops, bytes: bytes) { b in
        withUnsafePointer(to: plan) { ck_compare_i32(op, b.output(), b.input(0), b.input(1), $0) }
      }
    case .uint64:
      return Kernel("ck_compare_u64", flops: flops, bytes: bytes) { b in
        withUnsafePointer(to: plan) { ck_compare_u64(op, b.output(), b.input(0), b.input(1), $0) }
      }
    case .uint8, .bool:
      return Kernel("ck_compare_u8", flops: flops, bytes: bytes, inPlace: site.overwritable([0, 1])) { b in
        withUnsafePointer(to: plan) { ck_compare_u8(op, b.output(), b.input(0), b.input(1), $0) }
      }
    default:
      return try site.widened(results: []) { site throws(ShapeError) in try bind(op, site) }
    }
  }
}

extension Tensor {
  public func equal(to other: Tensor) -> Tensor { apply(Equal(), other) }
  public func less(than other: Tensor) -> Tensor { apply(Less(), other) }
  public func lessOrEqual(to other: Tensor) -> Tensor { apply(LessOrEqual(), other) }
  public func greater(than other: Tensor) -> Tensor { apply(Greater(), other) }
  public func greaterOrEqual(to other: Tensor) -> Tensor { apply(GreaterOrEqual(), other) }
}
