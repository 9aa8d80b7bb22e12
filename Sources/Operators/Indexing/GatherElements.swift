import CKernels
import Graphs
import Tensors

/// Single elements of x at integer indices along an axis: y[i, j, …] = x[i, indices[i, j, …], …] for the second axis.
public struct GatherElements: Operator {
  public var axis = 0

  public init() {}
  public init(axis: Int) { self.axis = axis }

  public static let onnx = [ONNXForm<Self>("GatherElements", since: 11, inputs: 2, ["axis": .int(\.axis)])]

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] {
    try ElementsPlan.check(x, axis: axis)
    return [TensorType(x[0].scalar, x[1].shape)]
  }

  public func gradient(_ p: Pullback) -> [Tensor?] {
    let zeros = p.builder.zeros(like: p.input(0))
    return [zeros.apply(ScatterElements(axis: axis, .add), p.input(1), p.seed), nil]
  }

  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel {
    let (source, indices) = (site.input(0), site.input(1))
    let plan = try ElementsPlan.make(source.sizes, indices: indices.sizes, axis: axis)
    let type = try indices.scalar.indexType()
    let size = Int32(source.scalar.size)
    return Kernel(
      "ck_gather_elements", bytes: 2 * site.output().byteCount + indices.byteCount,
      check: { b in ElementsPlan.complaint(b.rawInput(1), type, plan) },
      run: { b in
        withUnsafePointer(to: plan) { ck_gather_elements(b.rawOutput(), b.rawInput(0), b.rawInput(1), type, $0, size) }
      })
  }
}

/// x with updates written to (or combined with) single elements at integer indices along an axis.
/// Inputs: x, indices, updates of the same shape as the indices.
public struct ScatterElements: Operator {
  /// How updates meet what is there.
  public enum Combination: String, Hashable, Sendable, CaseIterable {
    case replace = "none"
    case add, mul, min, max

    var kernel: ck_scatter_op {
      switch self {
      case .replace, .add: CK_SCATTER_ADD
      case .mul: CK_SCATTER_MUL
      case .min: CK_SCATTER_MIN
      case .max: CK_SCATTER_MAX
      }
    }
  }

  public var axis = 0
  public var combination = Combination.replace

  public init() {}
  public init(axis: Int, _ combination: Combination = .replace) { (self.axis, self.combination) = (axis, combination) }

  public static let onnx = [
    ONNXForm<Self>(
      "ScatterElements", since: 16, inputs: 3, ["axis": .int(\.axis), "reduction": .name(\.combination)]),
    ONNXForm<Self>("ScatterElements", since: 11, inputs: 3, ["axis": .int(\.axis)]),
    ONNXForm<Self>("Scatter", since: 9, inputs: 3, ["axis": .int(\.axis)]),
  ]

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] {
    try ElementsPlan.check(x, axis: axis)
    try require(x[0].scalar == x[2].scalar, "x is \(x[0].scalar), but the updates are \(x[2].scalar)")
    try requireEqual(x[2].shape, x[1].shape, "the updates", "the indices")
    return [x[0]]
  }

  public func gradient(_ p: Pullback) -> [Tensor?] {
    guard combination == .replace || combination == .add else { return p.gradientOfDefinition(self) }
    let (indices, updates) = (p.input(1), p.input(2))
    return [
      p.wanted(0) {
        combination == .add
          ? p.seed : p.seed.apply(ScatterElements(axis: axis), indices, p.builder.zeros(like: updates))
      },
      nil,
      p.wanted(2) { p.seed.apply(GatherElements(axis: axis), indices) },
    ]
  }

  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel {
    let (out, indices) = (site.output(), site.input(1))
    let plan = try ElementsPlan.make(out.sizes, indices: indices.sizes, axis: axis)
    let type = try indices.scalar.indexType()
    let (count, size) = (Int64(out.count), Int32(out.scalar.size))
    let check: @Sendable (Buffers) -> String? = { b in ElementsPlan.complaint(b.rawInput(1), type, plan) }
    let (op, inPlace) = (combination.kernel, [Kernel.InPlace(input: 0)])
    switch (combination, out.scalar) {
    case (.replace, _):
      return Kernel("ck_scatter_elements", bytes: site.traffic, inPlace: inPlace, check: check) { b in
        ck_copy(b.rawOutput(), b.rawInput(0), count, size)
        withUnsafePointer(to: plan) {
          ck_scatter_elements(b.rawOutput(), b.rawInput(1), type, b.rawInput(2), $0, size)
        }
      }
    case (_, .float32):
      return Kernel("ck_scatter_elements_f32", bytes: site.traffic, inPlace: inPlace, check: check) { b in
        ck_copy(b.rawOutput(), b.rawInput(0), count, size)
        withUnsafePointer(to: plan) {
          ck_scatter_elements_f32(op, b.output(), b.rawInput(1), type, b.input(2), $0)
        }
      }
    case (_, .int64):
      return Kernel("ck_scatter_elements_i64", bytes: site.traffic, inPlace: inPlace, check: check) { b in
        ck_copy(b.rawOutput(), b.rawInput(0), count, size)
        withUnsafePointer(to: plan) {
          ck_scatter_elements_i64(op, b.output(), b.rawInput(1), type, b.input(2), $0)
        }
      }
    default:
      let unsigned: CallSite.Unsigned = combination == .max || combination == .min ? .byOrder : .asSigned
      return try site.widened(operands: [0, 2], unsigned: unsigned) { site throws(ShapeError) in try bind(site) }
    }
  }
}

/// What reading and writing single elements have in common.
enum ElementsPlan {
  static func check(_ x: Operands, axis: Int) throws(ShapeError) {
    let (shape, indices) = (x[0].shape, x[1].shape)
    try require(x[1].scalar.isInteger, "indices must be integers, not \(x[1].scalar)")
    try require(shape.rank == indices.rank, "x is \(shape), but the indices are \(indices): their ranks differ")
    let axis = try shape.axis(axis)
    for other in 0..<shape.rank where other != axis {
      guard let room = (shape[other] - indices[other]).constant else { continue }
      try require(room >= 0, "the indices \(indices) reach beyond axis \(other) of \(shape)")
    }
  }

  static func make(_ sizes: [Int], indices: [Int], axis: Int) throws(ShapeError) -> ck_elements {
    try requirePlanRank(sizes.count)
    let axis = try Shape(sizes).axis(axis)
    let strides = denseStrides(sizes)
    for other in sizes.indices where other != axis {
      try require(indices[other] <= sizes[other], "the indices \(indices) reach beyond axis \(other) of \(sizes)")
    }
    var plan = ck_elements()
    plan.rank = Int32(sizes.count)
    plan.count = Int64(indices.reduce(1, *))
    plan.extent = Int64(sizes[axis])
    plan.stride = strides[axis]
    withUnsafeMutableBytes(of: &plan.dims) { bytes in
      let dims = bytes.bindMemory(to: Int64.self)
      for index in indices.indices { dims[index] = Int64(indices[index]) }
    }
    withUnsafeMutableBytes(of: &plan.strides) { bytes in
      let target = bytes.bindMemory(to: Int64.self)
      for index in sizes.indices { target[index] = index == axis ? 0 : strides[index] }
    }
    return plan
  }

  static func complaint(_ indices: UnsafeRawPointer?, _ type: ck_type, _ plan: ck_elements) -> String? {
    let position = ck_indices_out_of_range(indices, type, plan.count, plan.extent)
    return position < 0 ? nil : IndexCheck.complaint(indices, type, position, limit: plan.extent)
  }
}
