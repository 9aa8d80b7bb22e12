import CKernels
import Graphs
import Tensors

extension CallSite {
  /// Bytes of all inputs and outputs.
  var traffic: Int {
    (inputs + outputs).reduce(0) { $0 + ($1?.byteCount ?? 0) }
  }

  /// Those of `candidates` whose memory has the size of output 0 and its shape.
  func overwritable(_ candidates: [Int]) -> [Kernel.InPlace] {
    let out = output()
    return candidates.filter { has($0) && input($0).count == out.count && input($0).scalar.size == out.scalar.size }
      .map { Kernel.InPlace(input: $0) }
  }

  /// How the inputs `operands` (two or three) are read while output 0 is written.
  func broadcastPlan(_ operands: [Int] = [0, 1]) throws(ShapeError) -> ck_broadcast {
    let out = output().sizes
    try requirePlanRank(out.count)
    let strides = operands.map { Broadcasting.strides(of: input($0).sizes, in: out) }
    var plan = ck_broadcast()
    if strides.count == 2 {
      ck_broadcast_make(&plan, Int32(out.count), out.map(Int64.init), strides[0], strides[1])
    } else {
      ck_broadcast_make3(&plan, Int32(out.count), out.map(Int64.init), strides[0], strides[1], strides[2])
    }
    return plan
  }

  /// The numbers of integer input `index`, known at planning time.
  func known(_ index: Int, _ what: String) throws(ShapeError) -> [Int] {
    guard let contents = input(index).contents ?? input(index).constant?.integers else {
      throw ShapeError("\(what) depends on data that is not known before running")
    }
    return contents
  }
}

/// Kernels that take plans stop at rank 8.
func requirePlanRank(_ rank: Int) throws(ShapeError) {
  try require(rank <= Int(CK_MAX_RANK), "tensors of rank \(rank) are not supported, only up to \(Int(CK_MAX_RANK))")
}

/// Plans a copy between strided views of the same sizes.
func stridedPlan(_ sizes: [Int], out: [Int64], in source: [Int64]) throws(ShapeError) -> ck_strided {
  let kept = sizes.indices.filter { sizes[$0] != 1 }
  try requirePlanRank(kept.count)
  var plan = ck_strided()
  ck_strided_make(
    &plan, Int32(kept.count), kept.map { Int64(sizes[$0]) }, kept.map { out[$0] }, kept.map { source[$0] })
  return plan
}

/// No kernel for this element type.
func unsupported(_ scalar: ScalarType) -> ShapeError { ShapeError("has no kernel for \(scalar)") }

extension ScalarType {
  /// The kernels' name of this type.
  var kernelType: ck_type {
    switch self {
    case .float32: CK_F32
    case .float64: CK_F64
    case .float16: CK_F16
    case .bfloat16: CK_BF16
    case .int64: CK_I64
    case .int32: CK_I32
    case .uint8: CK_U8
    case .int8: CK_I8
    case .bool: CK_BOOL
    case .int16: CK_I16
    case .uint16: CK_U16
    case .uint32: CK_U32
    case .uint64: CK_U64
    }
  }

  /// The kernels' name of an index type.
  func indexType() throws(ShapeError) -> ck_type {
    switch self {
    case .int64: CK_I64
    case .int32: CK_I32
    default: throw ShapeError("indices must be i64 or i32, not \(self)")
    }
  }
}
