import CKernels
import Graphs
import Tensors

/// Where a two-dimensional pooling reads: the attributes that all kinds of it share.
public struct PoolingWindow: Hashable, Sendable {
  /// Down, across.
  public var kernelShape: [Int] = []
  public var strides = [1, 1]
  /// Top, left, bottom, right.
  public var pads = [0, 0, 0, 0]
  public var dilations = [1, 1]
  /// Whether a last window that lies only partly on the padded image counts, if it begins before the end pad.
  public var ceilMode = false
  public var padding = AutoPadding.explicit

  public init() {}
  public init(
    _ kernelShape: [Int], strides: [Int] = [1, 1], pads: [Int] = [0, 0, 0, 0], dilations: [Int] = [1, 1],
    ceilMode: Bool = false, padding: AutoPadding = .explicit
  ) {
    (self.kernelShape, self.strides, self.pads, self.dilations) = (kernelShape, strides, pads, dilations)
    (self.ceilMode, self.padding) = (ceilMode, padding)
  }

  /// The distance between a window's first and last element, plus one.
  func reach(_ axis: Int) -> Int { dilations[axis] * (kernelShape[axis] - 1) + 1 }

  private func check() throws(ShapeError) {
    func fits(_ values: [Int], _ count: Int, from least: Int) -> Bool {
      values.count == count && values.allSatisfy { $0 >= least && $0 < 1 << 30 }
    }
    try require(fits(kernelShape, 2, from: 1), "kernel_shape must be two numbers of at least 1, not \(kernelShape)")
    try require(fits(strides, 2, from: 1), "strides must be two numbers of at least 1, not \(strides)")
    try require(fits(dilations, 2, from: 1), "dilations must be two numbers of at least 1, not \(dilations)")
    try require(fits(pads, 4, from: 0), "pads must be four numbers of at least 0, not \(pads)")
    if padding != .explicit {
      try require(pads == [0, 0, 0, 0], "auto_pad \(padding.rawValue) contradicts pads \(pads)")
    }
    for axis in 0...1 where max(pads[axis], pads[axis + 2]) >= reach(axis) {
      throw ShapeError("pads \(pads) hold whole windows, which reach over \(reach(axis))")
    }
  }

  /// Checks x [B, C, H, W]; gives the shape of the result [B, C, oh, ow].
  func outputShape(_ x: Shape) throws(ShapeError) -> Shape {
    try require(x.rank == 4, "x is \(x), but pooling is two-dimensional here: [batch, channels, height, width]")
    try check()
    return [x[0], x[1], try outputExtent(x[2], axis: 0), try outputExtent(x[3], axis: 1)]
  }

  /// The extent of the result along spatial axis 0 (down) or 1 (across).
  private func outputExtent(_ input: Dimension, axis: Int) throws(ShapeError) -> Dimension {
    let stride = strides[axis]
    let extent: Dimension
    switch padding {
    case .sameUpper, .sameLower: extent = (input + Dimension(stride - 1)).floorDivided(by: Dimension(stride))
    case .none, .explicit:
      // Rounding up adds a window, unless it began in the end pad.
      let missing = ceilMode ? max(reach(axis) - pads[axis + 2], stride) - (stride - 1) : reach(axis) - pads[axis + 2]
      extent = (input + Dimension(pads[axis] - missing)).floorDivided(by: Dimension(stride)) + 1
    }
    if let number = extent.constant {
      try require(number >= 1, "a window that reaches over \(reach(axis)) does not fit into the extent \(input)")
    }
    return extent
  }

  /// One spatial axis in numbers.
  func plan(_ axis: Int, input: Int, output: Int) -> ck_pool_axis {
    var (begin, end) = (pads[axis], pads[axis + 2])
    if padding == .sameUpper || padding == .sameLower {
      let total = max((output - 1) * strides[axis] + reach(axis) - input, 0)
      begin = padding == .sameLower ? total - total / 2 : total / 2
      end = total - begin
    }
    return ck_pool_axis(
      in: Int64(input), out: Int64(output), kernel: Int64(kernelShape[axis]), stride: Int64(strides[axis]),
      dilation: Int64(dilations[axis]), pad_begin: Int64(begin), pad_end: Int64(end))
  }

  /// Concrete sizes for the kernels: x [B, C, H, W], y [B, C, oh, ow].
  func plan(x: [Int], y: [Int]) -> ck_pool2d {
    ck_pool2d(
      planes: Int64(x[0] * x[1]), down: plan(0, input: x[2], output: y[2]), across: plan(1, input: x[3], output: y[3]))
  }

  /// An operation for every element of every window of y [B, C, oh, ow].
  func flops(y: [Int]) -> Int {
    saturatingProduct(y.reduce(1) { saturatingProduct($0, $1) }, kernelShape[0], kernelShape[1])
  }

  /// The depthwise convolution that sums the windows of x [B, C, H, W] with a result of y's extents.
  func convolution(x: [Int], y: [Int]) -> ConvolutionWindow {
    var pads = [0, 0, 0, 0]
    for axis in 0...1 {
      let plan = plan(axis, input: x[axis + 2], output: y[axis + 2])
      pads[axis] = Int(plan.pad_begin)
      pads[axis + 2] = max((y[axis + 2] - 1) * strides[axis] + reach(axis) - x[axis + 2] - pads[axis], 0)
    }
    return ConvolutionWindow(strides: strides, pads: pads, dilations: dilations, groups: x[1])
  }

  /// How many elements each window divides by, of an image of x's extents: float32 [oh, ow].
  func counts(x: [Int], y: [Int], countPads: Bool) -> NDArray {
    let counts = (0...1).map { axis -> [Float] in
      let plan = plan(axis, input: x[axis + 2], output: y[axis + 2])
      let seen = countPads ? -plan.pad_begin..<plan.in + plan.pad_end : 0..<plan.in
      return (0..<plan.out).map { window in
        let first = window * plan.stride - plan.pad_begin
        return Float((0..<plan.kernel).count { seen.contains(first + $0 * plan.dilation) })
      }
    }
    return NDArray(counts[0].flatMap { rows in counts[1].map { max(rows * $0, 1) } }, [y[2], y[3]])
  }
}

extension AttributeCoding {
  /// The pads of a window, which ONNX forbids beside any `auto_pad` but NOTSET.
  static func pads(_ path: Path<PoolingWindow>) -> Self {
    Self(
      encode: { $0[keyPath: path].padding == .explicit ? .ints($0[keyPath: path].pads) : nil },
      decode: { op, value throws(ShapeError) in
        guard case .ints(let numbers) = value else { throw ShapeError("must be integers") }
        op[keyPath: path].pads = numbers
      })
  }
}
