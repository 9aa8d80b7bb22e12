import CKernels
import Graphs
import Tensors

/// What arithmetic on two broadcast operands has in common.
enum Arithmetic {
  static func infer(_ x: Operands) throws(ShapeError) -> [TensorType] {
    try x.requireOneScalar()
    try require(x[0].scalar != .bool, "operands must be numbers, not bool")
    return [TensorType(x[0].scalar, try x.broadcastShape())]
  }

  static func bind(_ op: ck_binary_op, _ site: CallSite) throws(ShapeError) -> Kernel {
    let plan = try site.broadcastPlan()
    let out = site.output()
    switch out.scalar {
    case .float32:
      return Kernel("ck_binary_f32", flops: out.count, bytes: site.traffic, inPlace: site.overwritable([0, 1])) { b in
        withUnsafePointer(to: plan) { ck_binary_f32(op, b.output(), b.input(0), b.input(1), $0) }
      }
    case .int64:
      return Kernel("ck_binary_i64", flops: out.count, bytes: site.traffic, inPlace: site.overwritable([0, 1])) { b in
        withUnsafePointer(to: plan) { ck_binary_i64(op, b.output(), b.input(0), b.input(1), $0) }
      }
    case .int32:
      return Kernel("ck_binary_i32", flops: out.count, bytes: site.traffic, inPlace: site.overwritable([0, 1])) { b in
        withUnsafePointer(to: plan) { ck_binary_i32(op, b.output(), b.input(0), b.input(1), $0) }
      }
    case .uint64:
      return Kernel("ck_binary_u64", flops: out.count, bytes: site.traffic, inPlace: site.overwritable([0, 1])) { b in
        withUnsafePointer(to: plan) { ck_binary_u64(op, b.output(), b.input(0), b.input(1), $0) }
      }
    default: return try site.widened { site throws(ShapeError) in try bind(op, site) }
    }
  }

  /// Minimum or maximum of one or more operands: a chain that accumulates in the output.
  static func bindChain(_ op: ck_binary_op, _ site: CallSite) throws(ShapeError) -> Kernel {
    if site.inputs.count == 2 { return try bind(op, site) }
    if site.inputs.count == 1 { return .view(of: 0) }
    let out = site.output()
    try requirePlanRank(out.rank)
    let sizes = out.sizes.map(Int64.init)
    let dense = Broadcasting.strides(of: out.sizes, in: out.sizes)
    var plans = [try site.broadcastPlan([0, 1])]
    for index in 2..<site.inputs.count {
      var plan = ck_broadcast()
      let strides = Broadcasting.strides(of: site.input(index).sizes, in: out.sizes)
      ck_broadcast_make(&plan, Int32(out.rank), sizes, dense, strides)
      plans.append(plan)
    }
    let flops = out.count * plans.count
    switch out.scalar {
    case .float32:
      return Kernel("ck_binary_f32", flops: flops, bytes: site.traffic) { [plans] b in
        for index in plans.indices {
          let left: UnsafePointer<Float>? = index == 0 ? b.input(0) : UnsafePointer(b.output(0, as: Float.self))
          withUnsafePointer(to: plans[index]) { ck_binary_f32(op, b.output(), left, b.input(index + 1), $0) }
        }
      }
    case .int64:
      return Kernel("ck_binary_i64", flops: flops, bytes: site.traffic) { [plans] b in
        for index in plans.indices {
          let left: UnsafePointer<Int64>? = index == 0 ? b.input(0) : UnsafePointer(b.output(0, as: Int64.self))
          withUnsafePointer(to: plans[index]) { ck_binary_i64(op, b.output(), left, b.input(index + 1), $0) }
        }
      }
    default: return try site.widened(unsigned: .byOrder) { site throws(ShapeError) in try bindChain(op, site) }
    }
  }
}
