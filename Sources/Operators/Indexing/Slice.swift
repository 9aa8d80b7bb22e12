import CKernels
import Graphs
import Tensors

/// x[starts:ends:steps] along the given axes (the first ones where none are given).
/// Inputs: x, starts, ends, axes?, steps?.
///
/// Before opset 10 the bounds are attributes: `definition` turns those into inputs.
public struct Slice: Operator {
  public var starts: [Int]?
  public var ends: [Int]?
  public var axes: [Int]?

  public init() {}
  public init(starts: [Int], ends: [Int], axes: [Int]?) { (self.starts, self.ends, self.axes) = (starts, ends, axes) }

  public static let onnx = [
    ONNXForm<Self>("Slice", since: 10, inputs: Arity(1...5)),
    ONNXForm<Self>(
      "Slice", since: 1, inputs: 1,
      ["starts": .optionalInts(\.starts), "ends": .optionalInts(\.ends), "axes": .optionalInts(\.axes)]),
  ]

  /// What is cut along each axis that is cut at all.
  private func cuts(_ x: Operands) throws(ShapeError) -> [(axis: Int, step: Int, bounds: SliceBounds)] {
    let shape = x[0].shape
    let (starts, ends) = (try bound(x, 1, self.starts), try bound(x, 2, self.ends))
    try require(starts.count == ends.count, "\(starts.count) starts and \(ends.count) ends are given")
    let given = x.has(3) ? try x.knownNumbers(3, "an axis") : axes ?? Array(0..<starts.count)
    try require(given.count == starts.count, "\(starts.count) starts are given for \(given.count) axes")
    let steps = x.has(4) ? try x.knownNumbers(4, "a step") : [Int](repeating: 1, count: starts.count)
    try require(steps.count == starts.count, "\(starts.count) starts and \(steps.count) steps are given")
    _ = try shape.axes(given)
    var result: [(axis: Int, step: Int, bounds: SliceBounds)] = []
    for index in starts.indices {
      let axis = try shape.axis(given[index])
      let bounds = try SliceBounds(
        start: starts[index], end: ends[index], step: steps[index], extent: shape[axis])
      result.append((axis, steps[index], bounds))
    }
    return result
  }

  private func bound(_ x: Operands, _ index: Int, _ attribute: [Int]?) throws(ShapeError) -> [Dimension] {
    if let attribute { return attribute.map { Dimension($0) } }
    try require(x.has(index), "needs starts and ends")
    return try x.known(index, "a bound of the slice")
  }

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] {
    var shape = x[0].shape
    for cut in try cuts(x) { shape[cut.axis] = cut.bounds.length }
    return [TensorType(x[0].scalar, shape)]
  }

  public func contents(_ x: Operands) -> [[Dimension]?] {
    guard x[0].shape.rank == 1, let values = x.contents(of: 0), let cut = try? cuts(x).first,
      let start = cut.bounds.start.constant, let length = cut.bounds.length.constant
    else { return [nil] }
    let positions = (0..<length).map { start + $0 * cut.step }
    return [positions.allSatisfy { values.indices.contains($0) } ? positions.map { values[$0] } : nil]
  }

  public func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    guard let starts, let ends, let x = inputs.first, let x else { return nil }
    return [
      x.sliced(
        starts: x.builder.constant(starts), ends: x.builder.constant(ends), axes: axes ?? Array(0..<starts.count))
    ]
  }

  /// Zeros around dy along each cut axis; with steps, dy is added to zeros at the positions that were read.
  public func gradient(_ p: Pullback) -> [Tensor?] {
    let (x, builder) = (p.input(0), p.builder)
    let operands = Operands(types: p.inputs.map { $0?.type }, contents: p.inputs.map { $0?.contents })
    guard let cuts = try? cuts(operands) else { return p.inputs.map { _ in nil } }
    var result = p.seed
    let sources = [x] + p.inputs.dropFirst().compactMap { $0 }
    for cut in cuts {
      let extent = x.shape[cut.axis]
      if cut.step == 1 || cut.bounds.length == 1 {
        let after = extent - cut.bounds.start - cut.bounds.length
        var parts: [Tensor] = []
        for (index, width) in [cut.bounds.start, after].enumerated() {
          if index == 1 { parts.append(result) }
          if width == 0 { continue }
          var sizes = result.shape
          sizes[cut.axis] = width
          parts.append(builder.zeros(shape: builder.shapeVector(sizes.dimensions, from: sources + [result]), x.scalar))
        }
        if parts.count > 1 { result = concatenated(parts, axis: cut.axis) }
      } else {
        let start = builder.shapeVector([cut.bounds.start], from: sources).squeezed([0])
        let count = builder.shapeVector([cut.bounds.length], from: sources).squeezed([0])
        let step = builder.constant(NDArray(Int64(cut.step)))
        let indices = builder.range(start, start + count * step, step)
        result = result.scattered(at: indices, axis: cut.axis, extent: extent, from: sources)
      }
    }
    return [result] + p.inputs.dropFirst().map { _ in nil }
  }

  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel {
    let (source, out) = (site.input(0), site.output())
    if source.sizes == out.sizes, !site.has(4) { return .view(of: 0) }
    let contents = try site.inputs.indices.map { index throws(ShapeError) -> [Dimension]? in
      index == 0 || !site.has(index) ? nil : try site.known(index, "a bound of the slice").map { Dimension($0) }
    }
    let cuts = try cuts(Operands(types: site.inputs.map { $0?.type }, contents: contents))
    var strides = denseStrides(source.sizes)
    var offset = 0
    for cut in cuts {
      offset += (cut.bounds.start.constant ?? 0) * Int(strides[cut.axis]) * source.scalar.size
      // A step past the extent takes one element: its stride is never used.
      if out.sizes[cut.axis] > 1 { strides[cut.axis] *= Int64(cut.step) }
    }
    if out.count == 0 { offset = 0 }
    let plan = try stridedPlan(out.sizes, out: denseStrides(out.sizes), in: strides)
    let size = Int32(out.scalar.size)
    return Kernel("ck_copy_strided", bytes: 2 * out.byteCount) { [offset] b in
      let from = b.rawInput(0).map { $0 + offset }
      withUnsafePointer(to: plan) { ck_copy_strided(b.rawOutput(), from, $0, size) }
    }
  }
}

extension Tensor {
  public func sliced(starts: Tensor, ends: Tensor, axes: [Int]) -> Tensor {
    apply(Slice(), starts, ends, builder.constant(axes))
  }

  /// The elements from `start` up to, not including, `end` along `axis`. Negative numbers count from the end, `Int.max`
  /// is the end.
  public func sliced(axis: Int, from start: Int, to end: Int) -> Tensor {
    sliced(starts: builder.constant([start]), ends: builder.constant([end]), axes: [axis])
  }
}
