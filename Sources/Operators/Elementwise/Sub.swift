import CKernels
import Graphs
import Tensors

/// a − b, with broadcasting.
public struct Sub: Operator {
  public init() {}

  public static let onnx = [ONNXForm<Self>("Sub", since: 7, inputs: 2)]

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] { try Arithmetic.infer(x) }

  public func contents(_ x: Operands) -> [[Dimension]?] { x.elementwise { $0[0] - $0[1] } }

  public func gradient(_ p: Pullback) -> [Tensor?] {
    [p.wanted(0) { p.seed.sum(like: p.input(0)) }, p.wanted(1) { (-p.seed).sum(like: p.input(1)) }]
  }

  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel { try Arithmetic.bind(CK_SUB, site) }
}

extension Tensor {
  public static func - (a: Tensor, b: Tensor) -> Tensor { a.apply(Sub(), b) }
  public static func - (a: Tensor, b: Float) -> Tensor { a - a.scalar(b) }
  public static func - (a: Float, b: Tensor) -> Tensor { b.scalar(a) - b }
}
