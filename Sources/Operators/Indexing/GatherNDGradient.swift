import CKernels
import Graphs
import Tensors

/// The gradient of `GatherND`: zeros with dy added where it was read from. Inputs: dy, index tuples, the shape of x (int64).
public struct GatherNDGradient: Operator {
  public var batchDimensions = 0

  public init() {}
  public init(batchDimensions: Int) { self.batchDimensions = batchDimensions }

  public static let onnx = [
    ONNXForm<Self>(
      "GatherNDGradient", domain: Catalogue.domain, since: 1, inputs: 3, ["batch_dims": .int(\.batchDimensions)])
  ]

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] {
    let scalar = try requireOneFloatType(x, [0])
    try require(x[1].scalar == .int64, "indices must be i64, not \(x[1].scalar)")
    let shape = Shape(try x.known(2, "the shape of x"))
    let indices = x[1].shape
    try require(
      batchDimensions >= 0 && batchDimensions < indices.rank && batchDimensions < shape.rank,
      "\(batchDimensions) batch dimensions are too many for \(shape) at \(indices)")
    guard let depth = indices[-1].constant, depth >= 1, depth <= shape.rank - batchDimensions else {
      throw ShapeError("index tuples \(indices) do not fit \(shape) behind \(batchDimensions) batch dimensions")
    }
    let inner = shape.dimensions[(batchDimensions + depth)...]
    try requireEqual(x[0].shape, Shape(indices.dimensions.dropLast() + inner), "dy", "what was read")
    for axis in 0..<batchDimensions {
      _ = try agreed(indices[axis], shape[axis], "batch dimensions of \(indices) and \(shape) differ")
    }
    return [TensorType(scalar, shape)]
  }

  /// ScatterND knows no batch: positions in the batch become part of the tuples.
  public func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    guard inputs.count == 3, let dy = inputs[0], var tuples = inputs[1], let shape = inputs[2] else { return nil }
    let builder = dy.builder
    if batchDimensions > 0 {
      let (zero, one) = (builder.constant(NDArray(Int64(0))), builder.constant(NDArray(Int64(1))))
      let column = tuples.sliced(axis: tuples.rank - 1, from: 0, to: 1)
      let positions = (0..<batchDimensions).map { axis in
        let along = builder.range(zero, tuples.dimension(axis).squeezed([0]), one)
        let axes = (0..<tuples.rank).filter { $0 != axis }
        return (column - column) + (axes.isEmpty ? along : along.unsqueezed(axes))
      }
      tuples = concatenated(positions + [tuples], axis: tuples.rank - 1)
    }
    return [builder.zeros(shape: shape, .float32).scatterND(tuples, dy, adding: true)]
  }

  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel {
    try site.requireFloat32(0, kernel: name)
    let (sizes, indices) = (site.output().sizes, site.input(1).sizes)
    let depth = indices[indices.count - 1]
    try requirePlanRank(depth)
    let batches = Int64(sizes[..<batchDimensions].reduce(1, *))
    let count = Int64(indices[batchDimensions...].dropLast().reduce(1, *))
    let dims = sizes[batchDimensions..<batchDimensions + depth].map { Int64($0) }
    let inner = Int64(sizes[(batchDimensions + depth)...].reduce(1, *))
    return Kernel(
      "ck_gather_nd_gradient_f32", flops: site.input(0).count, bytes: site.traffic,
      check: { b in
        let position = ck_index_tuples_out_of_range(b.rawInput(1), CK_I64, batches * count, Int32(depth), dims)
        return position < 0 ? nil : "index \(position) is outside of \(dims)"
      }
    ) { b in
      ck_gather_nd_gradient_f32(
        b.output(), b.input(0), b.rawInput(1), CK_I64, batches, count, Int32(depth), dims, inner)
    }
  }
}

extension Tensor {
  /// The gradient of `x.gatherND(indices, batchDimensions:)`, whose result has the gradient self.
  func gatherNDGradient(indices: Tensor, like x: Tensor, batchDimensions: Int) -> Tensor {
    builder.apply(GatherNDGradient(batchDimensions: batchDimensions), [self, indices, x.shapeTensor()])
  }
}
