import CKernels
import Graphs
import Tensors

/// Slices of x at index tuples, which are the last axis of the indices. The first `batchDimensions` axes of both are
/// walked together.
public struct GatherND: Operator {
  public var batchDimensions = 0

  public init() {}
  public init(batchDimensions: Int) { self.batchDimensions = batchDimensions }

  public static let onnx = [
    ONNXForm<Self>("GatherND", since: 12, inputs: 2, ["batch_dims": .int(\.batchDimensions)]),
    ONNXForm<Self>("GatherND", since: 11, inputs: 2),
  ]

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] {
    let (shape, indices) = (x[0].shape, x[1].shape)
    try require(x[1].scalar.isInteger, "indices must be integers, not \(x[1].scalar)")
    let batch = batchDimensions
    try require(
      batch >= 0 && batch < indices.rank && batch <= shape.rank,
      "\(batch) batch axes do not fit \(shape) and \(indices)")
    guard let depth = indices[-1].constant else {
      throw ShapeError("cannot decide how long the index tuples of \(indices) are")
    }
    try require(depth >= 1 && depth <= shape.rank - batch, "index tuples of length \(depth) do not fit \(shape)")
    for axis in 0..<batch {
      try require(!shape[axis].differs(from: indices[axis]), "\(shape) and \(indices) differ at batch axis \(axis)")
    }
    return [TensorType(x[0].scalar, Shape(indices.dimensions.dropLast() + shape.dimensions[(batch + depth)...]))]
  }

  public func gradient(_ p: Pullback) -> [Tensor?] {
    [p.seed.gatherNDGradient(indices: p.input(1), like: p.input(0), batchDimensions: batchDimensions), nil]
  }

  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel {
    let (source, indices) = (site.input(0), site.input(1))
    let type = try indices.scalar.indexType()
    let depth = indices.sizes[indices.rank - 1]
    try requirePlanRank(depth)
    let batches = source.sizes[..<batchDimensions].reduce(1, *)
    let count = indices.sizes[batchDimensions..<(indices.rank - 1)].reduce(1, *)
    let dims = source.sizes[batchDimensions..<(batchDimensions + depth)].map(Int64.init)
    let inner = Int64(source.sizes[(batchDimensions + depth)...].reduce(1, *))
    let size = Int32(source.scalar.size)
    return Kernel(
      "ck_gather_nd", bytes: 2 * site.output().byteCount + indices.byteCount,
      check: { b in IndexCheck.tuples(b.rawInput(1), type, Int64(batches * count), dims) },
      run: { b in
        ck_gather_nd(
          b.rawOutput(), b.rawInput(0), b.rawInput(1), type, Int64(batches), Int64(count), Int32(depth), dims, inner,
          size)
      })
  }
}

extension IndexCheck {
  /// A complaint about the first index of a tuple that is out of range, if there is one.
  static func tuples(_ indices: UnsafeRawPointer?, _ type: ck_type, _ count: Int64, _ dims: [Int64]) -> String? {
    let position = ck_index_tuples_out_of_range(indices, type, count, Int32(dims.count), dims)
    return position < 0 ? nil : complaint(indices, type, position, limit: dims[Int(position) % dims.count])
  }
}

extension Tensor {
  /// Slices at index tuples, which are the last axis of `indices`.
  public func gatherND(_ indices: Tensor, batchDimensions: Int = 0) -> Tensor {
    apply(GatherND(batchDimensions: batchDimensions), indices)
  }
}
