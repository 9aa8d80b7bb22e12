import CKernels
import Graphs
import Tensors

/// eˣ.
public struct Exp: Operator {
  public init() {}

  public static let onnx = [ONNXForm<Self>("Exp", since: 6, inputs: 1)]

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] { try Unary.infer(x) }
  public func gradient(_ p: Pullback) -> [Tensor?] { [p.seed * p.output(0)] }
  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel { try Unary.bind(CK_EXP, site) }
}

/// The natural logarithm.
public struct Log: Operator {
  public init() {}

  public static let onnx = [ONNXForm<Self>("Log", since: 6, inputs: 1)]

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] { try Unary.infer(x) }
  public func gradient(_ p: Pullback) -> [Tensor?] { [p.seed / p.input(0)] }
  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel { try Unary.bind(CK_LOG, site) }
}

/// √x.
public struct Sqrt: Operator {
  public init() {}

  public static let onnx = [ONNXForm<Self>("Sqrt", since: 6, inputs: 1)]

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] { try Unary.infer(x) }
  public func gradient(_ p: Pullback) -> [Tensor?] { [p.seed * 0.5 / p.output(0)] }
  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel { try Unary.bind(CK_SQRT, site) }
}

/// 1 / x.
public struct Reciprocal: Operator {
  public init() {}

  public static let onnx = [ONNXForm<Self>("Reciprocal", since: 6, inputs: 1)]

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] { try Unary.infer(x) }
  public func gradient(_ p: Pullback) -> [Tensor?] { [-(p.seed * p.output(0) * p.output(0))] }
  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel { try Unary.bind(CK_RECIPROCAL, site) }
}

/// The error function 2/√π · ∫₀ˣ e^(−t²) dt.
public struct Erf: Operator {
  public init() {}

  public static let onnx = [ONNXForm<Self>("Erf", since: 9, inputs: 1)]

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] { try Unary.infer(x) }

  public func gradient(_ p: Pullback) -> [Tensor?] {
    [p.seed * (-(p.input(0) * p.input(0))).exp() * Float(2 / Double.pi.squareRoot())]
  }

  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel { try Unary.bind(CK_ERF, site) }
}

/// 1 / (1 + e⁻ˣ).
public struct Sigmoid: Operator {
  public init() {}

  public static let onnx = [ONNXForm<Self>("Sigmoid", since: 6, inputs: 1)]

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] { try Unary.infer(x) }
  public func gradient(_ p: Pullback) -> [Tensor?] { [p.seed * p.output(0) * (1 - p.output(0))] }
  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel { try Unary.bind(CK_SIGMOID, site) }
}

/// The hyperbolic tangent.
public struct Tanh: Operator {
  public init() {}

  public static let onnx = [ONNXForm<Self>("Tanh", since: 6, inputs: 1)]

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] { try Unary.infer(x) }
  public func gradient(_ p: Pullback) -> [Tensor?] { [p.seed * (1 - p.output(0) * p.output(0))] }
  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel { try Unary.bind(CK_TANH, site) }
}

/// The cosine of x radians.
public struct Cos: Operator {
  public init() {}

  public static let onnx = [ONNXForm<Self>("Cos", since: 7, inputs: 1)]

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] { try Unary.infer(x) }
  public func gradient(_ p: Pullback) -> [Tensor?] { [-(p.seed * p.input(0).sin())] }
  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel { try Unary.bind(CK_COS, site) }
}

/// The sine of x radians.
public struct Sin: Operator {
  public init() {}

  public static let onnx = [ONNXForm<Self>("Sin", since: 7, inputs: 1)]

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] { try Unary.infer(x) }
  public func gradient(_ p: Pullback) -> [Tensor?] { [p.seed * p.input(0).cos()] }
  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel { try Unary.bind(CK_SIN, site) }
}

extension Tensor {
  public func exp() -> Tensor { apply(Exp()) }
  public func log() -> Tensor { apply(Log()) }
  public func squareRoot() -> Tensor { apply(Sqrt()) }
  public func reciprocal() -> Tensor { apply(Reciprocal()) }
  public func erf() -> Tensor { apply(Erf()) }
  public func sigmoid() -> Tensor { apply(Sigmoid()) }
  public func tanh() -> Tensor { apply(Tanh()) }
  public func cos() -> Tensor { apply(Cos()) }
  public func sin() -> Tensor { apply(Sin()) }
}
