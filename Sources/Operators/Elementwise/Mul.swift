import CKernels
import Graphs
import Tensors

/// a · b, element by element, with broadcasting.
public struct Mul: Operator {
  public init() {}

  public static let onnx = [ONNXForm<Self>("Mul", since: 7, inputs: 2)]

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] { try Arithmetic.infer(x) }

  public func contents(_ x: Operands) -> [[Dimension]?] { x.elementwise { $0[0] * $0[1] } }

  public func gradient(_ p: Pullback) -> [Tensor?] {
    [
      p.wanted(0) { (p.seed * p.input(1)).sum(like: p.input(0)) },
      p.wanted(1) { (p.seed * p.input(0)).sum(like: p.input(1)) },
    ]
  }

  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel { try Arithmetic.bind(CK_MUL, site) }
}

extension Tensor {
  public static func * (a: Tensor, b: Tensor) -> Tensor { a.apply(Mul(), b) }
  public static func * (a: Tensor, b: Float) -> Tensor { a * a.scalar(b) }
  public static func * (a: Float, b: Tensor) -> Tensor { b.scalar(a) * b }
}
