import CKernels
import Graphs
import Tensors

/// x with updates written, or added, at index tuples, which are the last axis of the indices.
/// Inputs: x, indices, updates.
/// Of equal tuples the last is written; all are added.
public struct ScatterND: Operator {
  /// How updates meet what is there.
  public enum Combination: String, Sendable {
    case replace = "none"
    case add
  }

  public var combination = Combination.replace

  public init() {}
  public init(_ combination: Combination) { self.combination = combination }

  public static let onnx = [
    ONNXForm<Self>("ScatterND", since: 16, inputs: 3, ["reduction": .name(\.combination)]),
    ONNXForm<Self>("ScatterND", since: 11, inputs: 3),
  ]

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] {
    let (shape, indices) = (x[0].shape, x[1].shape)
    try require(x[1].scalar.isInteger, "indices must be integers, not \(x[1].scalar)")
    try require(x[0].scalar == x[2].scalar, "x is \(x[0].scalar), but the updates are \(x[2].scalar)")
    try require(indices.rank >= 1, "the indices must not be a scalar")
    guard let depth = indices[-1].constant else {
      throw ShapeError("cannot decide how long the index tuples of \(indices) are")
    }
    try require(depth >= 1 && depth <= shape.rank, "index tuples of length \(depth) do not fit \(shape)")
    let expected = Shape(indices.dimensions.dropLast() + shape.dimensions[depth...])
    let updates = x[2].shape
    try require(
      expected.rank == updates.rank && !zip(expected.dimensions, updates.dimensions).contains { $0.differs(from: $1) },
      "the updates must be \(expected), not \(updates)")
    return [x[0]]
  }

  public func gradient(_ p: Pullback) -> [Tensor?] {
    let (indices, updates) = (p.input(1), p.input(2))
    return [
      p.wanted(0) {
        combination == .add
          ? p.seed : p.seed.scatterND(indices, p.builder.zeros(like: updates), adding: false)
      },
      nil,
      p.wanted(2) { p.seed.gatherND(indices) },
    ]
  }

  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel {
    let (out, indices) = (site.output(), site.input(1))
    let type = try indices.scalar.indexType()
    let depth = indices.sizes[indices.rank - 1]
    try requirePlanRank(depth)
    let count = Int64(indices.sizes.dropLast().reduce(1, *))
    let dims = out.sizes[..<depth].map(Int64.init)
    let inner = Int64(out.sizes[depth...].reduce(1, *))
    let (tuple, size) = (Int32(depth), Int32(out.scalar.size))
    let check: @Sendable (Buffers) -> String? = { b in IndexCheck.tuples(b.rawInput(1), type, count, dims) }
    let inPlace = [Kernel.InPlace(input: 0)]
    switch (combination, out.scalar) {
    case (.replace, _):
      return Kernel("ck_scatter_nd", bytes: site.traffic, inPlace: inPlace, check: check) { b in
        ck_scatter_nd(
          b.rawOutput(), b.rawInput(0), b.rawInput(1), type, b.rawInput(2), count, tuple, dims, inner, size)
      }
    case (.add, .float32):
      return Kernel("ck_scatter_nd_add_f32", bytes: site.traffic, inPlace: inPlace, check: check) { b in
        ck_scatter_nd_add_f32(
          b.output(), b.input(0), b.rawInput(1), type, b.input(2), count, tuple, dims, inner)
      }
    case (.add, .int64):
      return Kernel("ck_scatter_nd_add_i64", bytes: site.traffic, inPlace: inPlace, check: check) { b in
        ck_scatter_nd_add_i64(
          b.output(), b.input(0), b.rawInput(1), type, b.input(2), count, tuple, dims, inner)
      }
    case (.add, let other): throw unsupported(other)
    }
  }
}

extension Tensor {
  /// This tensor with `updates` written or added at index tuples, which are the last axis of `indices`.
  public func scatterND(_ indices: Tensor, _ updates: Tensor, adding: Bool) -> Tensor {
    apply(ScatterND(adding ? .add : .replace), indices, updates)
  }

  /// Undoes `gather` along `axis`: zeros of `extent` there, with this tensor's slices added at `indices`. Symbols are
  /// read off the shapes of `sources`.
  func scattered(at indices: Tensor, axis: Int, extent: Dimension, from sources: [Tensor]) -> Tensor {
    let span = axis..<(axis + indices.rank)
    let kept = (0..<rank).filter { !span.contains($0) }
    let updates = axis == 0 ? self : transposed(Array(span) + kept)
    let sizes = [extent] + kept.map { shape[$0] }
    let zeros = builder.zeros(shape: builder.shapeVector(sizes, from: sources + [self]), scalar)
    let sum = zeros.scatterND(indices.unsqueezed([indices.rank]), updates, adding: true)
    return axis == 0 ? sum : sum.transposed(Array(1...axis) + [0] + Array((axis + 1)..<sum.rank))
  }
}
