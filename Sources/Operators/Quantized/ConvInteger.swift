import CKernels
import Graphs
import Tensors

/// Convolution of bytes less their zero points, with exact sums: x [B, C, H, W] ∗ w [O, C / groups, kh, kw] → int32.
///
/// Inputs: x, w, x's zero point, w's (optional; one for all or one for each of w's filters). Nothing lies around x.
public struct ConvInteger: Elaborated {
  public var conv = Conv()

  public init() {}
  init(_ conv: Conv) { self.conv = conv }

  public static let onnx = [
    ONNXForm<Self>(
      "ConvInteger", since: 10, inputs: Arity(2...4, optional: [2]),
      [
        "auto_pad": .name(\.conv.padding), "kernel_shape": .optionalInts(\.conv.kernelShape),
        "strides": .ints(\.conv.window.strides), "pads": .ints(\.conv.window.pads, omitting: [0, 0, 0, 0]),
        "dilations": .ints(\.conv.window.dilations), "group": .int(\.conv.window.groups),
      ])
  ]

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] {
    for index in [0, 1, 2, 3] where x.has(index) {
      let type = x[index].scalar
      try require(type == .uint8 || type == .int8, "input \(index) must be of bytes, not \(type)")
    }
    for index in 0...1 where x.has(index + 2) {
      try require(
        x[index + 2].scalar == x[index].scalar, "the zero point is \(x[index + 2]), but goes with \(x[index])")
    }
    if x.has(2) { try require(x[2].shape.elementCount.constant == 1, "x has one zero point, not \(x[2].shape)") }
    var operands = x
    operands.types = [TensorType(.float32, x[0].shape), TensorType(.float32, x[1].shape)]
    return [TensorType(.int32, try conv.infer(operands)[0].shape)]
  }

  public func elaboration(_ inputs: [Tensor?], outputs: Int) -> [Tensor]? {
    guard inputs.count >= 2, let x = inputs[0], let w = inputs[1], x.rank == 3, w.rank == 3,
      let wide = try? conv.window.widened()
    else { return nil }
    var op = self
    op.conv.window = wide
    op.conv.kernelShape = conv.kernelShape.map { [1] + $0 }
    let rest = Array(inputs.dropFirst(2))
    return [x.builder.apply(op, [x.unsqueezed([2]), w.unsqueezed([2])] + rest).squeezed([2])]
  }

  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel {
    let (x, w, y) = (site.input(0), site.input(1), site.output())
    let window = try conv.window.padded(conv.padding, Shape(x.sizes), Shape(w.sizes))
    func int(_ value: Int) -> Int64 { Int64(value) }
    let sizes = ck_integer_conv2d(
      batch: int(x.sizes[0]), groups: int(window.groups), channels: int(w.sizes[1]),
      filters: int(w.sizes[0] / window.groups), height: int(x.sizes[2]), width: int(x.sizes[3]),
      kernel_height: int(w.sizes[2]), kernel_width: int(w.sizes[3]), out_height: int(y.sizes[2]),
      out_width: int(y.sizes[3]), stride_y: int(window.strides[0]), stride_x: int(window.strides[1]),
      pad_top: int(window.pads[0]), pad_left: int(window.pads[1]), dilation_y: int(window.dilations[0]),
      dilation_x: int(window.dilations[1]))
    let zeros = [2, 3].map { index in site.has(index) ? site.input(index).count : 0 }
    try require(zeros[1] <= 1 || zeros[1] == w.sizes[0], "w has \(w.sizes[0]) filters, but \(zeros[1]) zero points")
    let isSigned = (x.scalar == .int8, w.scalar == .int8)
    let scratch = withUnsafePointer(to: sizes) { Int(ck_integer_conv2d_scratch($0)) }
    return Kernel(
      "ck_integer_conv2d", flops: saturatingProduct(2, y.count, w.sizes[1], w.sizes[2], w.sizes[3]),
      bytes: site.traffic, scratch: scratch
    ) { p in
      var left = ck_bytes(
        elements: p.rawInput(0), zeros: zeros[0] > 0 ? p.rawInput(2) : nil, zero_count: Int64(zeros[0]),
        is_signed: isSigned.0)
      var right = ck_bytes(
        elements: p.rawInput(1), zeros: zeros[1] > 0 ? p.rawInput(3) : nil, zero_count: Int64(zeros[1]),
        is_signed: isSigned.1)
      withUnsafePointer(to: sizes) { ck_integer_conv2d_s32(p.output(), &left, &right, $0, p.scratch) }
    }
  }
}
