import Graphs
import Tensors

/// The transposed two-dimensional convolution: what a convolution with the same weights does to a gradient of its result.
///
/// Inputs: x [B, C, H, W], w [C, O / groups, kh, kw], bias [O]? → [B, O, H′, W′] with H′ = stride · (H − 1) + output padding
/// + (kh − 1) · dilation + 1 − pads, unless the output's shape is given.
public struct ConvTranspose: Macro {
  public var window = ConvolutionWindow()
  public var padding = Conv.Padding.explicit
  public var kernelShape: [Int]?
  public var outputPadding = [0, 0]
  public var outputShape: [Int]?

  public init() {}
  public init(window: ConvolutionWindow, outputPadding: [Int] = [0, 0]) {
    (self.window, self.outputPadding) = (window, outputPadding)
  }

  public static let onnx = [
    ONNXForm<Self>(
      "ConvTranspose", since: 1, inputs: Arity(2...3),
      [
        "auto_pad": .name(\.padding), "kernel_shape": .optionalInts(\.kernelShape),
        "strides": .ints(\.window.strides), "pads": .ints(\.window.pads), "dilations": .ints(\.window.dilations),
        "group": .int(\.window.groups), "output_padding": .ints(\.outputPadding),
        "output_shape": .optionalInts(\.outputShape),
      ])
  ]

  public func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    guard inputs.count >= 2, let x = inputs[0], let w = inputs[1] else { return nil }
    let builder = x.builder
    if x.isPoisoned || w.isPoisoned { return [Tensor(builder, nil)] }
    do throws(ShapeError) {
      if x.rank == 3, w.rank == 3 { return try flat(x, w, inputs.count > 2 ? inputs[2] : nil) }
      try window.check()
      try require(x.rank == 4 && w.rank == 4, "x is \(x.shape) and the weight \(w.shape), but must have four axes")
      try require((outputShape?.count ?? 2) >= 2, "output_shape must be two numbers, not \(outputShape ?? [])")
      try require(outputPadding.count == 2, "output_padding must be two numbers, not \(outputPadding)")
      var used = window
      var extents: [Dimension] = []
      for axis in 0..<2 {
        let stride = Dimension(window.strides[axis])
        let reach = Dimension(window.dilations[axis]) * (w.shape[axis + 2] - 1) + 1
        let full = stride * (x.shape[axis + 2] - 1) + Dimension(outputPadding[axis]) + reach
        let wanted =
          outputShape.map { Dimension($0[$0.count - 2 + axis]) }
          ?? (padding == .sameUpper || padding == .sameLower ? stride * x.shape[axis + 2] : nil)
        if let wanted {
          guard let total = (full - wanted).constant, total > -(1 << 20) else {
            throw ShapeError("cannot tell the pads of axis \(axis + 2) of \(x.shape)")
          }
          let (before, after) = padding.parts(max(total, 0))
          (used.pads[axis], used.pads[axis + 2]) = (before, after)
          extents.append(wanted)
        } else {
          extents.append(full - Dimension(window.pads[axis] + window.pads[axis + 2]))
        }
      }
      let channels = w.shape[1] * Dimension(window.groups)
      let shape = builder.shapeVector([x.shape[0], channels] + extents, from: [x, w])
      let y = builder.apply(ConvInputGradient(window: used), [x, w, shape])
      guard inputs.count > 2, let bias = inputs[2] else { return [y] }
      return [y + bias.perChannel(of: y)]
    } catch {
      builder.record(.shape, at: builder.path, error.message)
      return nil
    }
  }

  /// A row is an image of height 1.
  private func flat(_ x: Tensor, _ w: Tensor, _ bias: Tensor?) throws(ShapeError) -> [Tensor] {
    var op = self
    op.window = try window.widened()
    op.outputPadding = [0] + outputPadding.suffix(1)
    op.outputShape = outputShape.map { [1] + $0.suffix(1) }
    op.kernelShape = nil
    return [x.builder.apply(op, [x.unsqueezed([2]), w.unsqueezed([2]), bias]).squeezed([2])]
  }
}
