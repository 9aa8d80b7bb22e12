import CKernels
import Graphs
import Tensors

/// The tangent of x radians.
public struct Tan: Operator {
  public init() {}

  public static let onnx = [ONNXForm<Self>("Tan", since: 7, inputs: 1)]

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] { try Unary.infer(x) }
  public func gradient(_ p: Pullback) -> [Tensor?] { [p.seed * (1 + p.output(0) * p.output(0))] }
  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel { try Unary.bind(CK_TAN, site) }
}

/// The angle in radians whose sine is x.
public struct Asin: Operator {
  public init() {}

  public static let onnx = [ONNXForm<Self>("Asin", since: 7, inputs: 1)]

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] { try Unary.infer(x) }
  public func gradient(_ p: Pullback) -> [Tensor?] { [p.seed / (1 - p.input(0) * p.input(0)).squareRoot()] }
  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel { try Unary.bind(CK_ASIN, site) }
}

/// The angle in radians whose cosine is x.
public struct Acos: Operator {
  public init() {}

  public static let onnx = [ONNXForm<Self>("Acos", since: 7, inputs: 1)]

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] { try Unary.infer(x) }
  public func gradient(_ p: Pullback) -> [Tensor?] { [-(p.seed / (1 - p.input(0) * p.input(0)).squareRoot())] }
  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel { try Unary.bind(CK_ACOS, site) }
}

/// The angle in radians whose tangent is x.
public struct Atan: Operator {
  public init() {}

  public static let onnx = [ONNXForm<Self>("Atan", since: 7, inputs: 1)]

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] { try Unary.infer(x) }
  public func gradient(_ p: Pullback) -> [Tensor?] { [p.seed / (1 + p.input(0) * p.input(0))] }
  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel { try Unary.bind(CK_ATAN, site) }
}

/// The hyperbolic sine.
public struct Sinh: Operator {
  public init() {}

  public static let onnx = [ONNXForm<Self>("Sinh", since: 9, inputs: 1)]

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] { try Unary.infer(x) }
  public func gradient(_ p: Pullback) -> [Tensor?] { [p.seed * p.input(0).apply(Cosh())] }
  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel { try Unary.bind(CK_SINH, site) }
}

/// The hyperbolic cosine.
public struct Cosh: Operator {
  public init() {}

  public static let onnx = [ONNXForm<Self>("Cosh", since: 9, inputs: 1)]

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] { try Unary.infer(x) }
  public func gradient(_ p: Pullback) -> [Tensor?] { [p.seed * p.input(0).apply(Sinh())] }
  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel { try Unary.bind(CK_COSH, site) }
}

/// The number whose hyperbolic sine is x.
public struct Asinh: Operator {
  public init() {}

  public static let onnx = [ONNXForm<Self>("Asinh", since: 9, inputs: 1)]

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] { try Unary.infer(x) }
  public func gradient(_ p: Pullback) -> [Tensor?] { [p.seed / (p.input(0) * p.input(0) + 1).squareRoot()] }
  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel { try Unary.bind(CK_ASINH, site) }
}

/// The number of at least 0 whose hyperbolic cosine is x.
public struct Acosh: Operator {
  public init() {}

  public static let onnx = [ONNXForm<Self>("Acosh", since: 9, inputs: 1)]

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] { try Unary.infer(x) }
  public func gradient(_ p: Pullback) -> [Tensor?] { [p.seed / (p.input(0) * p.input(0) - 1).squareRoot()] }
  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel { try Unary.bind(CK_ACOSH, site) }
}

/// The number whose hyperbolic tangent is x.
public struct Atanh: Operator {
  public init() {}

  public static let onnx = [ONNXForm<Self>("Atanh", since: 9, inputs: 1)]

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] { try Unary.infer(x) }
  public func gradient(_ p: Pullback) -> [Tensor?] { [p.seed / (1 - p.input(0) * p.input(0))] }
  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel { try Unary.bind(CK_ATANH, site) }
}
