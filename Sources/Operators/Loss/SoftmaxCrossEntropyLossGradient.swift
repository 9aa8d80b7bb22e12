import CKernels
import Graphs
import Tensors

/// The gradient of the mean softmax cross-entropy. Inputs: logits [N, C], labels int64 [N], dloss (a scalar).
///
///     dlogits = dloss / (rows that count) · (softmax(logits) − one-hot(label));   0 in ignored rows
public struct SoftmaxCrossEntropyLossGradient: Operator {
  public var ignoreIndex: Int?

  public init() {}
  public init(ignoreIndex: Int?) { self.ignoreIndex = ignoreIndex }

  public static let onnx = [
    ONNXForm<Self>(
      "SoftmaxCrossEntropyLossGradient", domain: Catalogue.domain, since: 1, inputs: 3,
      ["ignore_index": .optionalInt(\.ignoreIndex)])
  ]

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] {
    try SoftmaxCrossEntropyLoss.check(x)
    try requireOneFloatType(x, [0, 2])
    try require(x[2].shape.rank == 0, "dloss must be a scalar, not \(x[2].shape)")
    return [x[0]]
  }

  public func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    guard inputs.count == 3, let logits = inputs[0], let labels = inputs[1], let dloss = inputs[2] else { return nil }
    let builder = logits.builder
    let (zero, one) = (builder.constant(NDArray(Int64(0))), builder.constant(NDArray(Int64(1))))
    let classes = builder.range(zero, logits.dimension(1).squeezed([0]), one).unsqueezed([0])
    let oneHot = labels.unsqueezed([1]).equal(to: classes).cast(to: .float32)
    let difference = logits.softmax(axis: 1) - oneHot
    guard let ignoreIndex else {
      return [difference * (dloss / labels.dimension(0).squeezed([0]).cast(to: .float32))]
    }
    let ignored = labels.equal(to: builder.constant(NDArray(Int64(ignoreIndex))))
    let count = ignored.not().cast(to: .float32).sum([0], keepDimensions: false)
    return [ignored.unsqueezed([1]).select(builder.constant(0), difference * (dloss / count))]
  }

  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel {
    try site.requireFloat32(0, 2, kernel: name)
    let (rows, classes) = (site.input(0).sizes[0], site.input(0).sizes[1])
    let ignored = SoftmaxCrossEntropyLoss(ignoreIndex: ignoreIndex).ignored
    return Kernel(
      "ck_cross_entropy_gradient_f32", flops: saturatingProduct(6, site.input(0).count), bytes: site.traffic,
      inPlace: [.init(input: 0)],
      check: SoftmaxCrossEntropyLoss.labelCheck(rows: rows, classes: classes, ignoreIndex: ignoreIndex)
    ) { b in
      ck_cross_entropy_gradient_f32(
        b.output(), b.input(2), b.input(0), b.input(1), Int64(rows), Int64(classes), ignored)
    }
  }
}
