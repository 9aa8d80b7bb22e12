import Graphs
import Tensors

/// x itself.
public struct Identity: Operator {
  public init() {}

  public static let onnx = [ONNXForm<Self>("Identity", since: 1, inputs: 1)]

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] { [x[0]] }
  public func contents(_ x: Operands) -> [[Dimension]?] { x.sameContents }
  public func gradient(_ p: Pullback) -> [Tensor?] { [p.seed] }
  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel { .view(of: 0) }
}

extension Tensor {
  public func identity() -> Tensor { apply(Identity()) }
}
