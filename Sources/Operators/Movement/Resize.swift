import CKernels
import Graphs
import Tensors

/// x resampled to another grid, by scales or to sizes, along `axes` (all of them where none are given).
/// Inputs: x, sizes (int64)?. Region and scales are constants.
///
/// Coordinates and weights are those of ONNX's reference: `ResizeGrid`.
public struct Resize: Operator {
  /// What happens to the proportions where sizes are given.
  public enum Policy: String, Hashable, Sendable, CaseIterable {
    case stretch
    case notLarger = "not_larger"
    case notSmaller = "not_smaller"
  }

  public var sampling = ResizeSampling()
  public var extrapolation: Float = 0
  public var axes: [Int]?
  public var policy = Policy.stretch
  /// Where to look, from 0 to 1: starts, then ends, of every axis that is resized.
  public var region: [Float]?
  public var scales: [Float]?

  public init() {}
  public init(_ sampling: ResizeSampling, scales: [Float]? = nil) { (self.sampling, self.scales) = (sampling, scales) }

  private static func form(since: Int, withAxes: Bool) -> ONNXForm<Self> {
    var form = ONNXForm<Self>(
      "Resize", since: since, inputs: Arity(1...2),
      [
        "mode": .name(\.sampling.mode), "coordinate_transformation_mode": .name(\.sampling.coordinates),
        "nearest_mode": .name(\.sampling.nearest), "cubic_coeff_a": .float(\.sampling.cubic),
        "exclude_outside": .bool(\.sampling.excludesOutside), "extrapolation_value": .float(\.extrapolation),
      ], constantInputs: [(1, "roi", .numbers(\.region)), (2, "scales", .numbers(\.scales))])
    if withAxes {
      form.attributes += [
        ("antialias", .bool(\.sampling.isAntialiased)), ("axes", .optionalInts(\.axes)),
        ("keep_aspect_ratio_policy", .name(\.policy)),
      ]
    }
    return form
  }

  public static let onnx = [
    form(since: 18, withAxes: true), form(since: 13, withAxes: false), form(since: 11, withAxes: false),
  ]

  /// The new extent of each axis, and what it is of the old one.
  private func plan(_ x: Operands) throws(ShapeError) -> [(extent: Dimension, scale: Double)] {
    let shape = x[0].shape
    var chosen = Array(0..<shape.rank)
    if let axes {
      _ = try shape.axes(axes)
      chosen = try axes.map { axis throws(ShapeError) in try shape.axis(axis) }
    }
    var result = shape.dimensions.map { (extent: $0, scale: 1.0) }
    if x.has(1) {
      try require(scales == nil, "both scales and sizes are given")
      let sizes = try x.known(1, "the new size")
      try require(sizes.count == chosen.count, "\(sizes.count) sizes are given for \(chosen.count) axes of \(shape)")
      if policy != .stretch { return try proportional(result, chosen, sizes, shape) }
      for (axis, size) in zip(chosen, sizes) {
        let scale = size.constant.flatMap { new in shape[axis].constant.map { Double(new) / Double($0) } }
        result[axis] = (size, scale ?? (size == shape[axis] ? 1 : .nan))
      }
      return result
    }
    guard let scales else { throw ShapeError("needs scales or sizes") }
    try require(scales.count == chosen.count, "\(scales.count) scales are given for \(chosen.count) axes of \(shape)")
    for (axis, scale) in zip(chosen, scales) {
      try require(scale > 0 && scale < 0x1p20, "the scale of axis \(axis) is \(scale)")
      result[axis] = (try Resize.scaled(shape[axis], by: scale, axis), Double(scale))
    }
    return result
  }

  /// ⌊extent · scale⌋; of a symbol, only for scales that are whole or one over a whole number.
  private static func scaled(_ extent: Dimension, by scale: Float, _ axis: Int) throws(ShapeError) -> Dimension {
    if let number = extent.constant {
      let scaled = (Float(number) * scale).rounded(.down)
      try require(scaled < 0x1p40, "axis \(axis) of \(number) elements cannot be scaled by \(scale)")
      return Dimension(Int(scaled))
    }
    if scale == scale.rounded() { return extent * Dimension(Int(scale)) }
    let inverse = (1 / scale).rounded()
    guard inverse < 0x1p20, 1 / inverse == scale else {
      throw ShapeError("cannot scale axis \(axis), whose extent is \(extent), by \(scale): fix the extent")
    }
    return extent.floorDivided(by: Dimension(Int(inverse)))
  }

  /// One scale for all axes, so that none gets larger (or smaller) than was asked for.
  private func proportional(
    _ result: [(extent: Dimension, scale: Double)], _ chosen: [Int], _ sizes: [Dimension], _ shape: Shape
  ) throws(ShapeError) -> [(extent: Dimension, scale: Double)] {
    var result = result
    var ratios: [Double] = []
    for (axis, size) in zip(chosen, sizes) {
      guard let new = size.constant, let old = shape[axis].constant, old > 0 else {
        throw ShapeError("keeping proportions needs numbers, but x is \(shape)")
      }
      ratios.append(Double(new) / Double(old))
    }
    guard let scale = policy == .notLarger ? ratios.min() : ratios.max() else { return result }
    for axis in chosen {
      let extent = (scale * Double(shape[axis].constant ?? 0) + 0.5).rounded(.down)
      try require(extent >= 0 && extent < 0x1p40, "axis \(axis) of \(shape) cannot be scaled by \(scale)")
      result[axis] = (Dimension(Int(extent)), scale)
    }
    return result
  }

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] {
    try require(x[0].scalar != .bool || sampling.mode == .nearest, "x must be numbers, not bool")
    let plan = try plan(x)
    for (axis, (extent, _)) in plan.enumerated() {
      if let number = extent.constant {
        try require(number >= 0 && number < 1 << 40, "axis \(axis) of \(x[0].shape) cannot have \(number) elements")
        try require(number == 0 || x[0].shape[axis] != 0, "axis \(axis) of \(x[0].shape) has nothing to resize")
      }
    }
    return [TensorType(x[0].scalar, Shape(plan.map(\.extent)))]
  }

  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel {
    let source = site.input(0)
    if site.output().count == 0 { return Kernel("ck_copy_mapped") { _ in } }
    try requireTabulated(source.sizes, site.output().sizes)
    if sampling.mode != .nearest, source.scalar != .float32 {
      return try site.widened(operands: [0], results: [0], in: .float32) { site throws(ShapeError) in try bind(site) }
    }
    let sizes: [Dimension]? =
      site.has(1) ? try site.known(1, "the new size").map { Dimension($0) } : nil
    let plan = try plan(Operands(types: site.inputs.map { $0?.type }, contents: [nil, sizes]))
    let resized = axes ?? Array(0..<source.rank)
    var grids: [ResizeGrid?] = []
    for axis in 0..<source.rank {
      let (old, new) = (source.sizes[axis], site.output().sizes[axis])
      let place = resized.firstIndex { ($0 < 0 ? $0 + source.rank : $0) == axis }
      guard let place, old != new || sampling.coordinates == .crop else {
        grids.append(nil)
        continue
      }
      var bounds = (start: 0.0, end: 1.0)
      if sampling.coordinates == .crop {
        guard let region, region.count == 2 * resized.count else {
          throw ShapeError("tf_crop_and_resize needs a region of \(2 * resized.count) numbers")
        }
        bounds = (Double(region[place]), Double(region[place + resized.count]))
      }
      let scale = plan[axis].scale.isNaN ? Double(new) / Double(old) : plan[axis].scale
      grids.append(ResizeGrid(sampling, from: old, to: new, scale: scale, region: bounds))
    }
    return sampling.mode == .nearest
      ? try copying(site, grids.map { $0?.nearest }) : try resampling(site, grids)
  }

  private func copying(_ site: CallSite, _ positions: [[Int]?]) throws(ShapeError) -> Kernel {
    let (source, out) = (site.input(0), site.output())
    try requirePlanRank(out.rank)
    var offsets: [Int64] = []
    for (axis, stride) in denseStrides(source.sizes).enumerated() {
      let own = positions[axis] ?? Array(0..<out.sizes[axis])
      offsets += own.map { $0 < 0 ? -1 : Int64($0) * stride }
    }
    let (dims, rank, size) = (out.sizes.map(Int64.init), Int32(out.rank), Int32(out.scalar.size))
    let filler = try Pad.filler(extrapolation, out.scalar)
    return Kernel("ck_copy_mapped", bytes: site.traffic) { [offsets] b in
      ck_copy_mapped(b.rawOutput(), b.rawInput(0), filler.address, rank, dims, offsets, size)
    }
  }

  /// One axis after the other, between two halves of the scratch memory.
  private func resampling(_ site: CallSite, _ grids: [ResizeGrid?]) throws(ShapeError) -> Kernel {
    let (source, out) = (site.input(0), site.output())
    var sizes = source.sizes
    var steps: [(grid: ResizeGrid, extents: AxisExtents, count: Int)] = []
    var (largest, flops) = (0, 0)
    for (axis, grid) in grids.enumerated() {
      guard let grid else { continue }
      let extents = try AxisExtents(sizes, axis: axis)
      sizes[axis] = out.sizes[axis]
      steps.append((grid, extents, sizes.reduce(1, *)))
      largest = max(largest, sizes.reduce(1, *))
      flops += saturatingProduct(2, sizes.reduce(1, *), grid.taps)
    }
    if steps.isEmpty { return .view(of: 0) }
    let outside = grids.map { $0?.outside ?? [] }
    let isCropped = outside.contains { !$0.isEmpty }
    try requirePlanRank(out.rank)
    var offsets: [Int64] = []
    for (axis, stride) in denseStrides(out.sizes).enumerated() {
      let hidden = Set(outside[axis])
      offsets += (0..<out.sizes[axis]).map { hidden.contains($0) ? -1 : Int64($0) * stride }
    }
    let half = (largest * 4 + 63) / 64 * 64
    let (dims, rank, value) = (out.sizes.map(Int64.init), Int32(out.rank), extrapolation)
    return Kernel("ck_resample_f32", flops: flops, bytes: site.traffic, scratch: 2 * half) { [steps, offsets] b in
      guard let scratch = b.scratch else { return }
      var from: UnsafePointer<Float>? = b.input(0)
      for (index, step) in steps.enumerated() {
        let isLast = index == steps.count - 1 && !isCropped
        let place = (scratch + index % 2 * half).assumingMemoryBound(to: Float.self)
        let to: UnsafeMutablePointer<Float>? = isLast ? b.output() : place
        let (grid, e) = (step.grid, step.extents)
        ck_resample_f32(
          to, from, e.outer, e.n, Int64(grid.count), e.inner, Int64(grid.taps), grid.positions, grid.weights)
        from = UnsafePointer(to)
      }
      guard isCropped else { return }
      var filler = value
      ck_copy_mapped(b.rawOutput(), from, &filler, rank, dims, offsets, 4)
    }
  }
}
