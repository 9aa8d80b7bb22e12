import CKernels
import Graphs
import Tensors

/// What reductions over axes have in common. No axes means all of them.
enum Reduction {
  /// The axes that are reduced, from the front, ascending.
  static func axes(_ axes: [Int]?, noop: Bool, _ shape: Shape) throws(ShapeError) -> [Int] {
    if let axes, !axes.isEmpty { return try shape.axes(axes) }
    return noop ? [] : Array(0..<shape.rank)
  }

  static func infer(_ x: Operands, _ axes: [Int]?, keep: Bool, noop: Bool, ofChoices: Bool = false) throws(ShapeError)
    -> [TensorType]
  {
    let type = x[0]
    try require(ofChoices || type.scalar != .bool, "x must be numbers, not bool")
    let reduced = try Reduction.axes(axes, noop: noop, type.shape)
    var result: [Dimension] = []
    for (axis, extent) in type.shape.dimensions.enumerated() {
      if !reduced.contains(axis) { result.append(extent) } else if keep { result.append(1) }
    }
    return [TensorType(type.scalar, Shape(result))]
  }

  /// Contents of a whole vector's reduction.
  static func contents(
    _ x: Operands, _ axes: [Int]?, noop: Bool, _ combine: ([Dimension]) -> Dimension?
  ) -> [[Dimension]?] {
    guard x[0].shape.rank == 1, let values = x.contents(of: 0),
      (try? Reduction.axes(axes, noop: noop, x[0].shape)) == [0]
    else { return [nil] }
    return [combine(values).map { [$0] }]
  }

  static func bind(
    _ op: ck_reduce_op, _ site: CallSite, _ axes: [Int]?, noop: Bool
  ) throws(ShapeError) -> Kernel {
    let sizes = site.input(0).sizes
    try requirePlanRank(sizes.count)
    let reduced = try Reduction.axes(axes, noop: noop, Shape(sizes))
    var plan = ck_reduction()
    ck_reduction_make(
      &plan, Int32(sizes.count), sizes.map(Int64.init), reduced.reduce(UInt32(0)) { $0 | (1 << UInt32($1)) })
    let scratch = Int(ck_reduce_scratch(&plan))
    let (flops, bytes) = (site.input(0).count, site.traffic)
    switch site.output().scalar {
    case .float32:
      return Kernel("ck_reduce_f32", flops: flops, bytes: bytes, scratch: scratch) { [plan] b in
        withUnsafePointer(to: plan) { ck_reduce_f32(op, b.output(), b.input(0), $0, b.scratch) }
      }
    case .int64:
      return Kernel("ck_reduce_i64", flops: flops, bytes: bytes, scratch: scratch) { [plan] b in
        withUnsafePointer(to: plan) { ck_reduce_i64(op, b.output(), b.input(0), $0, b.scratch) }
      }
    case .int32:
      return Kernel("ck_reduce_i32", flops: flops, bytes: bytes, scratch: scratch) { [plan] b in
        withUnsafePointer(to: plan) { ck_reduce_i32(op, b.output(), b.input(0), $0, b.scratch) }
      }
    default:
      let unsigned: CallSite.Unsigned =
        switch op {
        case CK_REDUCE_MAX, CK_REDUCE_MIN: .byOrder
        case CK_REDUCE_MEAN, CK_REDUCE_L2: .refused
        default: .asSigned
        }
      return try site.widened(unsigned: unsigned) { site throws(ShapeError) in try bind(op, site, axes, noop: noop) }
    }
  }

  /// `reduced` with the reduced axes back as extents of 1, so that it broadcasts against `x`.
  static func restored(_ reduced: Tensor, like x: Tensor, _ axes: [Int]?, noop: Bool) -> Tensor {
    guard reduced.rank != x.rank, let axes = try? Reduction.axes(axes, noop: noop, x.shape) else { return reduced }
    return reduced.unsqueezed(axes)
  }

  /// How many elements of `x` make one element of the result, as a float32 number or scalar tensor.
  static func size(of x: Tensor, _ axes: [Int]?, noop: Bool) -> (number: Float?, tensor: Tensor?) {
    guard let axes = try? Reduction.axes(axes, noop: noop, x.shape) else { return (nil, nil) }
    let extents = axes.map { x.shape[$0] }
    if let number = extents.reduce(1, *).constant { return (Float(number), nil) }
    let vector = x.builder.shapeVector(extents, from: [x])
    return (nil, vector.product([0], keepDimensions: false).cast(to: x.scalar))
  }

  /// The gradient of a maximum or minimum: equal parts to the elements that equal it.
  static func extremumGradient(_ p: Pullback, _ axes: [Int]?, noop: Bool) -> [Tensor?] {
    let x = p.input(0)
    let y = restored(p.output(0), like: x, axes, noop: noop)
    let chosen = x.equal(to: y).cast(to: x.scalar)
    let count: Tensor
    if let axes = try? Reduction.axes(axes, noop: noop, x.shape), !axes.isEmpty {
      count = chosen.sum(axes, keepDimensions: true)
    } else {
      count = chosen
    }
    return [chosen * (restored(p.seed, like: x, axes, noop: noop) / count)]
  }
}
