import CKernels
import Graphs
import Tensors

/// a / b, with broadcasting. Integers are truncated towards zero.
public struct Div: Operator {
  public init() {}

  public static let onnx = [ONNXForm<Self>("Div", since: 7, inputs: 2)]

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] { try Arithmetic.infer(x) }

  /// Symbolic quotients are those of dimensions, which are not negative: there, truncation is the floor.
  public func contents(_ x: Operands) -> [[Dimension]?] {
    x.elementwise { values in
      let (a, b) = (values[0], values[1])
      if let divisor = b.constant, divisor == 0 { return nil }
      if let dividend = a.constant, let divisor = b.constant {
        return dividend.dividedReportingOverflow(by: divisor).overflow ? nil : Dimension(dividend / divisor)
      }
      return a.dividedExactly(by: b) ?? (a.isNonNegative && b.isNonNegative ? a.floorDivided(by: b) : nil)
    }
  }

  public func gradient(_ p: Pullback) -> [Tensor?] {
    [
      p.wanted(0) { (p.seed / p.input(1)).sum(like: p.input(0)) },
      p.wanted(1) { (-(p.seed * p.output(0) / p.input(1))).sum(like: p.input(1)) },
    ]
  }

  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel { try Arithmetic.bind(CK_DIV, site) }
}

extension Tensor {
  public static func / (a: Tensor, b: Tensor) -> Tensor { a.apply(Div(), b) }
  public static func / (a: Tensor, b: Float) -> Tensor { a / a.scalar(b) }
  public static func / (a: Float, b: Tensor) -> Tensor { b.scalar(a) / b }
}
