import CKernels
import Graphs
import Tensors

/// Axis i of the result is axis permutation[i] of x; the axes in reverse order where no permutation is given.
public struct Transpose: Operator {
  public var permutation: [Int]?

  public init() {}
  public init(permutation: [Int]?) { self.permutation = permutation }

  public static let onnx = [
    ONNXForm<Self>("Transpose", since: 1, inputs: 1, ["perm": .optionalInts(\.permutation)])
  ]

  /// The permutation for tensors of `rank`.
  public func order(_ rank: Int) -> [Int] { permutation ?? (0..<rank).reversed() }

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] {
    let shape = x[0].shape
    let order = order(shape.rank)
    try require(
      order.count == shape.rank && order.sorted() == Array(0..<shape.rank),
      "\(order) is no permutation of the axes of \(shape)")
    return [TensorType(x[0].scalar, Shape(order.map { shape[$0] }))]
  }

  public func gradient(_ p: Pullback) -> [Tensor?] {
    let order = order(p.input(0).rank)
    return [p.seed.transposed(order.indices.sorted { order[$0] < order[$1] })]
  }

  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel {
    let sizes = site.input(0).sizes
    let order = order(sizes.count)
    let moved = order.filter { sizes[$0] != 1 }
    if moved == moved.sorted() { return .view(of: 0) }
    try requirePlanRank(sizes.count)
    var plan = ck_strided()
    ck_transpose_make(&plan, Int32(sizes.count), sizes.map(Int64.init), order.map(Int32.init))
    let size = Int32(site.output().scalar.size)
    return Kernel("ck_copy_strided", bytes: site.traffic) { [plan] b in
      withUnsafePointer(to: plan) { ck_copy_strided(b.rawOutput(), b.rawInput(0), $0, size) }
    }
  }
}

extension Tensor {
  public func transposed(_ permutation: [Int]) -> Tensor { apply(Transpose(permutation: permutation)) }

  /// The last two axes swapped.
  public func transposed() -> Tensor {
    guard rank >= 2 else { return transposed(Array(0..<rank)) }
    return transposed(Array(0..<rank - 2) + [rank - 1, rank - 2])
  }
}
