import CKernels
import Graphs
import Tensors

/// x broadcast against a shape, which is an int64 vector.
public struct Expand: Operator {
  public init() {}

  public static let onnx = [ONNXForm<Self>("Expand", since: 8, inputs: 2)]

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] {
    let wanted = Shape(try x.known(1, "the shape"))
    for extent in wanted.dimensions {
      try require((extent.constant ?? 0) >= 0, "\(wanted) has a negative extent")
    }
    return [TensorType(x[0].scalar, try Broadcasting.shape([x[0].shape, wanted]))]
  }

  public func contents(_ x: Operands) -> [[Dimension]?] {
    guard let shape = (try? infer(x))?.first?.shape, let values = x.contents(of: 0),
      let count = shape.elementCount.constant, count <= Operands.contentsLimit
    else { return [nil] }
    let filler = [Dimension](repeating: 0, count: count)
    return Operands(types: [x[0], TensorType(.int64, shape)], contents: [values, filler]).elementwise { $0[0] }
  }

  public func gradient(_ p: Pullback) -> [Tensor?] { [p.seed.sum(like: p.input(0)), nil] }

  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel {
    let (source, out) = (site.input(0), site.output())
    if source.count == out.count { return .view(of: 0) }
    let plan = try stridedPlan(
      out.sizes, out: denseStrides(out.sizes), in: Broadcasting.strides(of: source.sizes, in: out.sizes))
    let size = Int32(out.scalar.size)
    return Kernel("ck_copy_strided", bytes: site.traffic) { b in
      withUnsafePointer(to: plan) { ck_copy_strided(b.rawOutput(), b.rawInput(0), $0, size) }
    }
  }
}

extension Tensor {
  public func expanded(shape: Tensor) -> Tensor { apply(Expand(), shape) }

  /// This tensor broadcast to `dimensions`; symbols are read off the shape of `like`.
  public func expanded(to dimensions: [Dimension], like: Tensor) -> Tensor {
    expanded(shape: builder.shapeVector(dimensions, from: [like, self]))
  }
}
