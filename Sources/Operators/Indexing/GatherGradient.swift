import CKernels
import Graphs
import Tensors

/// The gradient of `Gather`: zeros with dy added where it was read from. Inputs: dy, indices, the shape of x (int64).
public struct GatherGradient: Operator {
  public var axis = 0

  public init() {}
  public init(axis: Int) { self.axis = axis }

  public static let onnx = [
    ONNXForm<Self>("GatherGradient", domain: Catalogue.domain, since: 1, inputs: 3, ["axis": .int(\.axis)])
  ]

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] {
    let scalar = try requireOneFloatType(x, [0])
    _ = try x[1].scalar.indexType()
    let shape = Shape(try x.known(2, "the shape of x"))
    let axis = try shape.axis(axis)
    let read = shape.dimensions[..<axis] + x[1].shape.dimensions + shape.dimensions[(axis + 1)...]
    try requireEqual(x[0].shape, Shape(Array(read)), "dy", "what was read")
    return [TensorType(scalar, shape)]
  }

  /// ScatterND writes at leading axes: the indexed axis goes first and comes back.
  public func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    guard inputs.count == 3, let dy = inputs[0], let indices = inputs[1], let shape = inputs[2] else { return nil }
    let builder = dy.builder
    let wide = indices.scalar == .int64 ? indices : indices.cast(to: .int64)
    let tuples = wide.unsqueezed([indices.rank])
    let rank = dy.rank - indices.rank + 1
    let axis = axis < 0 ? axis + rank : axis
    if axis == 0 { return [builder.zeros(shape: shape, .float32).scatterND(tuples, dy, adding: true)] }
    let first = Array(axis..<axis + indices.rank)
    let updates = dy.transposed(first + (0..<dy.rank).filter { !first.contains($0) })
    let order = [axis] + (0..<rank).filter { $0 != axis }
    let zeros = builder.zeros(shape: shape.gather(builder.constant(order), axis: 0), .float32)
    let back = (0..<rank).map { order.firstIndex(of: $0) ?? 0 }
    return [zeros.scatterND(tuples, updates, adding: true).transposed(back)]
  }

  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel {
    try site.requireFloat32(0, kernel: name)
    let type = try site.input(1).scalar.indexType()
    let extents = try AxisExtents(site.output().sizes, axis: axis)
    let count = Int64(site.input(1).count)
    return Kernel(
      "ck_gather_gradient_f32", flops: site.input(0).count, bytes: site.traffic,
      check: { b in
        let position = ck_indices_out_of_range(b.rawInput(1), type, count, extents.n)
        return position < 0 ? nil : "index \(position) is outside of an axis of \(extents.n)"
      }
    ) { b in
      ck_gather_gradient_f32(
        b.output(), b.input(0), b.rawInput(1), type, extents.outer, extents.n, count, extents.inner)
    }
  }
}

extension Tensor {
  /// The gradient of `x.gather(indices, axis: axis)`, whose result has the gradient self.
  func gatherGradient(indices: Tensor, like x: Tensor, axis: Int) -> Tensor {
    builder.apply(GatherGradient(axis: axis), [self, indices, x.shapeTensor()])
  }
}
