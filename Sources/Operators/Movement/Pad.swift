import CKernels
import Graphs
import Tensors

/// Adds elements before and after each axis, or takes some away where a number is negative.
/// Inputs: x, pads (before each axis, then after each), a value?, axes?.
///
/// Before opset 11 all but x are attributes: `definition` turns those into inputs.
public struct Pad: Operator {
  /// What is added: a number, the tensor mirrored at its border, its border, or the tensor again.
  public enum Mode: String, Hashable, Sendable, CaseIterable {
    case constant, reflect, edge, wrap
  }

  public var mode = Mode.constant
  public var pads: [Int]?
  public var value: Float = 0

  public init() {}
  public init(_ mode: Mode, pads: [Int]? = nil, value: Float = 0) {
    (self.mode, self.pads, self.value) = (mode, pads, value)
  }

  public static let onnx = [
    ONNXForm<Self>("Pad", since: 18, inputs: Arity(1...4, optional: [1, 2]), ["mode": .name(\.mode)]),
    ONNXForm<Self>("Pad", since: 11, inputs: Arity(1...3), ["mode": .name(\.mode)]),
    ONNXForm<Self>(
      "Pad", since: 2, inputs: 1,
      ["mode": .name(\.mode), "pads": .optionalInts(\.pads), "value": .float(\.value)]),
  ]

  /// What is added before and after each axis.
  private func margins(_ x: Operands) throws(ShapeError) -> [(before: Dimension, after: Dimension)] {
    let shape = x[0].shape
    var numbers = (pads ?? []).map { Dimension($0) }
    if pads == nil {
      try require(x.has(1), "needs to know how much to add")
      numbers = try x.known(1, "how much to add")
    }
    var axes = Array(0..<shape.rank)
    if x.has(3) {
      let given = try x.knownNumbers(3, "an axis")
      _ = try shape.axes(given)
      axes = try given.map { axis throws(ShapeError) in try shape.axis(axis) }
    }
    try require(numbers.count == 2 * axes.count, "\(numbers.count) pads are given for \(axes.count) axes of \(shape)")
    var result = [(before: Dimension, after: Dimension)](repeating: (0, 0), count: shape.rank)
    for (index, axis) in axes.enumerated() { result[axis] = (numbers[index], numbers[index + axes.count]) }
    return result
  }

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] {
    var shape = x[0].shape
    if x.has(2) {
      try require(x[2].scalar == x[0].scalar, "x is \(x[0].scalar), but the value is \(x[2].scalar)")
      try require(x[2].shape.elementCount == 1, "the value must be one number, not \(x[2].shape)")
    }
    for (axis, (before, after)) in try margins(x).enumerated() {
      let extent = shape[axis]
      shape[axis] = extent + before + after
      if let length = shape[axis].constant {
        try require(
          length >= 0 && length < 1 << 48, "axis \(axis) of \(x[0].shape) with \(before) and \(after) more is no extent"
        )
      }
      guard mode != .constant, let size = extent.constant else { continue }
      try require(size > 0 || shape[axis] == 0, "axis \(axis) of \(x[0].shape) has nothing to repeat")
    }
    return [TensorType(x[0].scalar, shape)]
  }

  public func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    guard let pads, let x = inputs.first, let x else { return nil }
    return [x.builder.apply(Pad(mode), [x, x.builder.constant(pads), value == 0 ? nil : x.scalar(value)])]
  }

  /// What was added is taken away again. Mirrored and repeated elements have no gradient here.
  public func gradient(_ p: Pullback) -> [Tensor?] {
    guard mode == .constant else { return p.gradientOfDefinition(self) }
    let x = p.input(0)
    let operands = Operands(types: p.inputs.map { $0?.type }, contents: p.inputs.map { $0?.contents })
    guard let margins = try? margins(operands) else { return p.inputs.map { _ in nil } }
    let sources = [x] + p.inputs.dropFirst().compactMap { $0 }
    let negative = (margins.map(\.before) + margins.map(\.after)).map { 0 - $0 }
    let dx = p.builder.apply(Pad(), [p.seed, p.builder.shapeVector(negative, from: sources)])
    return [dx] + p.inputs.dropFirst().map { _ in nil }
  }

  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel {
    let (source, out) = (site.input(0), site.output())
    try requirePlanRank(out.rank)
    let contents = try site.inputs.indices.map { index throws(ShapeError) -> [Dimension]? in
      index == 0 || index == 2 || !site.has(index)
        ? nil : try site.known(index, "how much to add").map { Dimension($0) }
    }
    let margins = try margins(Operands(types: site.inputs.map { $0?.type }, contents: contents))
    try requireTabulated(out.sizes)
    let strides = denseStrides(source.sizes)
    var offsets: [Int64] = []
    for axis in out.sizes.indices {
      let before = margins[axis].before.constant ?? 0
      for position in 0..<out.sizes[axis] {
        let at = Pad.source(of: position - before, extent: source.sizes[axis], mode)
        offsets.append(at < 0 ? -1 : Int64(at) * strides[axis])
      }
    }
    let dims = out.sizes.map(Int64.init)
    let (rank, size) = (Int32(out.rank), Int32(out.scalar.size))
    let filler = try Pad.filler(value, out.scalar)
    if out.count == 0 { return Kernel("ck_copy_mapped") { _ in } }
    return Kernel("ck_copy_mapped", bytes: site.traffic) { [offsets] b in
      let value = b.rawInput(2) ?? UnsafeRawPointer(filler.address)
      ck_copy_mapped(b.rawOutput(), b.rawInput(0), value, rank, dims, offsets, size)
    }
  }

  /// Where the element `position` of an axis, counted from x's first, comes from; −1 for nowhere.
  private static func source(of position: Int, extent: Int, _ mode: Mode) -> Int {
    if position >= 0 && position < extent { return position }
    func wrapped(_ value: Int, _ period: Int) -> Int { ((value % period) + period) % period }
    switch mode {
    case .constant: return -1
    case .edge: return min(max(position, 0), extent - 1)
    case .wrap: return wrapped(position, extent)
    case .reflect:
      if extent == 1 { return 0 }
      let folded = wrapped(position, 2 * (extent - 1))
      return folded < extent ? folded : 2 * (extent - 1) - folded
    }
  }

  /// The number in an element of the given type.
  static func filler(_ value: Float, _ scalar: ScalarType) throws(ShapeError) -> NDArray {
    let array = try NDArray(zeros: scalar, [1])
    var number = value
    ck_cast(array.address, scalar.kernelType, &number, CK_F32, 1)
    return array
  }
}
