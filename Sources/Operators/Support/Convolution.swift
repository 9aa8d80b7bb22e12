import CKernels
import Graphs
import Tensors

/// Where a two-dimensional convolution reads: the attributes that `Conv` and its gradients share.
public struct ConvolutionWindow: Hashable, Sendable {
  /// Down, across.
  public var strides = [1, 1]
  /// Top, left, bottom, right.
  public var pads = [0, 0, 0, 0]
  public var dilations = [1, 1]
  public var groups = 1

  public init() {}
  public init(strides: [Int], pads: [Int], dilations: [Int], groups: Int) {
    (self.strides, self.pads, self.dilations, self.groups) = (strides, pads, dilations, groups)
  }

  func check() throws(ShapeError) {
    let bound = 1 << 30
    func fits(_ values: [Int], _ count: Int, from least: Int) -> Bool {
      values.count == count && values.allSatisfy { $0 >= least && $0 < bound }
    }
    try require(fits(strides, 2, from: 1), "strides must be two numbers of at least 1, not \(strides)")
    try require(fits(dilations, 2, from: 1), "dilations must be two numbers of at least 1, not \(dilations)")
    try require(fits(pads, 4, from: 0), "pads must be four numbers of at least 0, not \(pads)")
    try require(groups >= 1 && groups < bound, "there must be at least one group, not \(groups)")
  }

  /// The extent of the result along spatial axis 0 (down) or 1 (across).
  func outputExtent(_ input: Dimension, kernel: Dimension, axis: Int) throws(ShapeError) -> Dimension {
    let padded = input + Dimension(pads[axis]) + Dimension(pads[axis + 2])
    let reach = Dimension(dilations[axis]) * (kernel - 1) + 1
    if let room = (padded - reach).constant {
      try require(room >= 0, "a kernel that reaches over \(reach) does not fit into the padded extent \(padded)")
    }
    return (padded - reach).floorDivided(by: Dimension(strides[axis])) + 1
  }

  /// Checks x [B, C, H, W] against w [O, C / groups, kh, kw]; gives the shape of the result [B, O, oh, ow].
  func outputShape(_ x: Shape, _ w: Shape) throws(ShapeError) -> Shape {
    try check()
    try require(x.rank == 4, "x is \(x), but convolutions are two-dimensional here: [batch, channels, height, width]")
    try require(w.rank == 4, "the weight is \(w), but must be [out, in / groups, height, width]")
    _ = try agreed(
      x[1], w[1] * Dimension(groups),
      "x has \(x[1]) channels, but the weight \(w) in \(groups) groups takes \(w[1] * Dimension(groups))")
    if let out = w[0].constant {
      try require(out % groups == 0, "\(out) channels do not divide into \(groups) groups")
    }
    for axis in 2...3 where w[axis].constant == 0 { throw ShapeError("the kernel is empty: \(w)") }
    let height = try outputExtent(x[2], kernel: w[2], axis: 0)
    return [x[0], w[0], height, try outputExtent(x[3], kernel: w[3], axis: 1)]
  }

  /// The window with the pads that `padding` finds for x [B, C, H, W] and w [O, C / groups, kh, kw].
  func padded(_ padding: AutoPadding, _ x: Shape, _ w: Shape) throws(ShapeError) -> ConvolutionWindow {
    guard padding == .sameUpper || padding == .sameLower, x.rank == 4, w.rank == 4, strides.count == 2,
      dilations.count == 2
    else { return self }
    try check()
    var result = self
    result.pads = [0, 0, 0, 0]
    for axis in 0..<2 {
      let stride = Dimension(strides[axis])
      let count = (x[axis + 2] + stride - 1).floorDivided(by: stride)
      let reach = Dimension(dilations[axis]) * (w[axis + 2] - 1) + 1
      guard let total = ((count - 1) * stride + reach - x[axis + 2]).constant, total < 1 << 30 else {
        throw ShapeError("cannot tell the pads of axis \(axis + 2) of \(x): fix its extent")
      }
      (result.pads[axis], result.pads[axis + 2]) = padding.parts(max(total, 0))
    }
    return result
  }

  /// The window over an image of height 1 that does what this one, of one axis, does over a row.
  func widened() throws(ShapeError) -> ConvolutionWindow {
    func one(_ values: [Int], _ standard: [Int]) throws(ShapeError) -> [Int] {
      if values == standard { return Array(values.prefix(values.count / 2)) }
      try require(values.count == standard.count / 2, "\(values) is not for one axis")
      return values
    }
    let (stride, dilation) = (try one(strides, [1, 1]), try one(dilations, [1, 1]))
    let pad = try one(pads, [0, 0, 0, 0])
    return ConvolutionWindow(
      strides: [1] + stride, pads: [0, pad[0], 0, pad[1]], dilations: [1] + dilation, groups: groups)
  }

  /// Concrete sizes for the kernels: x [B, C, H, W], w [O, C / groups, kh, kw], y [B, O, oh, ow].
  func plan(x: [Int], w: [Int], y: [Int]) -> ck_conv2d {
    ck_conv2d(
      batch: Int64(x[0]), groups: Int64(groups), in_channels: Int64(x[1]), in_height: Int64(x[2]),
      in_width: Int64(x[3]), out_channels: Int64(w[0]), out_height: Int64(y[2]), out_width: Int64(y[3]),
      kernel_height: Int64(w[2]), kernel_width: Int64(w[3]), stride_y: Int64(strides[0]), stride_x: Int64(strides[1]),
      pad_top: Int64(pads[0]), pad_left: Int64(pads[1]), dilation_y: Int64(dilations[0]),
      dilation_x: Int64(dilations[1]), weights: CK_CONV2D_PLAIN
    )
  }

  /// The kernel of x ∗ w + bias + residual: operands 0, 1, 2 (optional) and `residual`.
  func kernel(_ site: CallSite, residual: Int?, _ activation: ck_activation) -> Kernel {
    var plan = plan(x: site.input(0).sizes, w: site.input(1).sizes, y: site.output().sizes)
    let packings = plan.packings(site, input: 1)
    var kernel = Kernel(
      "ck_conv2d_f32", flops: plan.flops, bytes: site.traffic, scratch: plan.scratch(threads: site.threads),
      inPlace: residual.map { site.has($0) ? [.init(input: $0)] : [] } ?? []
    ) { [plan] b in
      withUnsafePointer(to: plan) {
        ck_conv2d_f32(
          b.output(), b.input(0), b.input(1), b.input(2), residual.flatMap { b.input($0) }, $0, activation, b.scratch)
      }
    }
    kernel.packings = packings
    return kernel
  }
}

extension ck_conv2d {
  /// Two operations a multiply-add; the same for the result and for both gradients.
  var flops: Int {
    saturatingProduct(
      2, Int(batch), Int(out_channels), Int(out_height), Int(out_width), Int(in_channels / groups), Int(kernel_height),
      Int(kernel_width))
  }

  /// Reads the weights in the layout that is fastest for these sizes, where they are constant.
  ///
  /// - Parameter input: their position among the kernel's operands.
  mutating func packings(_ site: CallSite, input: Int) -> [WeightPacking] {
    guard site.packsWeights, site.input(input).constant != nil, site.input(input).count > 0 else { return [] }
    weights = ck_conv2d_best_weights(&self)
    guard weights != CK_CONV2D_PLAIN else { return [] }
    let bytes = Int(ck_conv2d_packed_elements(&self)) * MemoryLayout<Float>.size
    let kind = weights == CK_CONV2D_WINOGRAD ? "winograd" : "filter panels"
    return [
      WeightPacking(input: input, layout: "\(kind) in \(groups) groups", byteCount: bytes) { [self] packed, operand in
        withUnsafePointer(to: self) {
          ck_conv2d_pack_f32(
            packed.assumingMemoryBound(to: Float.self), operand.assumingMemoryBound(to: Float.self), $0)
        }
      }
    ]
  }

  /// Bytes of scratch, of the convolution and of its gradients.
  func scratch(threads: Int) -> Int { withUnsafePointer(to: self) { Int(ck_conv2d_scratch($0, Int32(threads))) } }

  func inputGradientScratch(threads: Int) -> Int {
    withUnsafePointer(to: self) { Int(ck_conv2d_input_gradient_scratch($0, Int32(threads))) }
  }

  var weightGradientScratch: Int { withUnsafePointer(to: self) { Int(ck_conv2d_weight_gradient_scratch($0)) } }
}
