import CKernels
import Graphs
import Tensors

/// −x.
public struct Neg: Operator {
  public init() {}

  public static let onnx = [ONNXForm<Self>("Neg", since: 6, inputs: 1)]

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] { try Unary.inferNumber(x) }
  public func contents(_ x: Operands) -> [[Dimension]?] { x.elementwise { 0 - $0[0] } }
  public func gradient(_ p: Pullback) -> [Tensor?] { [-p.seed] }
  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel { try Unary.bind(CK_NEG, site) }
}

/// |x|. Its gradient at 0 is 0.
public struct Abs: Operator {
  public init() {}

  public static let onnx = [ONNXForm<Self>("Abs", since: 6, inputs: 1)]

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] { try Unary.inferNumber(x) }

  public func gradient(_ p: Pullback) -> [Tensor?] {
    let (x, zero) = (p.input(0), p.seed.scalar(0))
    let positive = x.greater(than: x.scalar(0)).select(p.seed, zero)
    return [x.less(than: x.scalar(0)).select(-p.seed, positive)]
  }

  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel { try Unary.bind(CK_ABS, site) }
}

/// max(x, 0). Its gradient at 0 is 0.
public struct Relu: Operator {
  public init() {}

  public static let onnx = [ONNXForm<Self>("Relu", since: 6, inputs: 1)]

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] { try Unary.inferNumber(x) }

  public func gradient(_ p: Pullback) -> [Tensor?] { [p.output(0).reluGradient(p.seed)] }

  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel { try Unary.bind(CK_RELU, site) }
}

/// ⌊x⌋.
public struct Floor: Operator {
  public init() {}

  public static let onnx = [ONNXForm<Self>("Floor", since: 6, inputs: 1)]

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] { try Unary.infer(x) }
  public func gradient(_ p: Pullback) -> [Tensor?] { [nil] }
  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel { try Unary.bind(CK_FLOOR, site) }
}

/// ⌈x⌉.
public struct Ceil: Operator {
  public init() {}

  public static let onnx = [ONNXForm<Self>("Ceil", since: 6, inputs: 1)]

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] { try Unary.infer(x) }
  public func gradient(_ p: Pullback) -> [Tensor?] { [nil] }
  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel { try Unary.bind(CK_CEIL, site) }
}

/// The nearest whole number; halves go to even ones.
public struct Round: Operator {
  public init() {}

  public static let onnx = [ONNXForm<Self>("Round", since: 11, inputs: 1)]

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] { try Unary.infer(x) }
  public func gradient(_ p: Pullback) -> [Tensor?] { [nil] }
  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel { try Unary.bind(CK_ROUND, site) }
}

/// −1, 0 or 1, as x is negative, zero or positive. NaN is handed on.
public struct Sign: Operator {
  public init() {}

  public static let onnx = [ONNXForm<Self>("Sign", since: 9, inputs: 1)]

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] { try Unary.inferNumber(x) }
  public func gradient(_ p: Pullback) -> [Tensor?] { [nil] }
  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel { try Unary.bind(CK_SIGN, site) }
}

/// Whether x is not a number.
public struct IsNaN: Operator {
  public init() {}

  public static let onnx = [ONNXForm<Self>("IsNaN", since: 9, inputs: 1)]

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] {
    try Unary.infer(x).map { TensorType(.bool, $0.shape) }
  }

  public func gradient(_ p: Pullback) -> [Tensor?] { [nil] }

  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel {
    guard site.input(0).scalar == .float32 else { throw unsupported(site.input(0).scalar) }
    let count = Int64(site.output().count)
    return Kernel("ck_is_nan_f32", bytes: site.traffic) { b in ck_is_nan_f32(b.output(), b.input(0), count) }
  }
}

extension Tensor {
  public static prefix func - (x: Tensor) -> Tensor { x.apply(Neg()) }
  public func abs() -> Tensor { apply(Abs()) }
  public func relu() -> Tensor { apply(Relu()) }
  public func floor() -> Tensor { apply(Floor()) }
  public func ceil() -> Tensor { apply(Ceil()) }
  public func rounded() -> Tensor { apply(Round()) }
  public func sign() -> Tensor { apply(Sign()) }
  public func isNaN() -> Tensor { apply(IsNaN()) }
}
