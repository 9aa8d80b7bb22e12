import CKernels
import Graphs
import Tensors

/// Softmax cross-entropy with integer labels: the mean of −log softmax(logits)[label] over the rows.
///
/// Inputs: logits [N, C], labels int64 [N]. Rows whose label is `ignoreIndex` do not count; NaN when none counts. The second
/// output is log softmax(logits).
///
/// Other reductions, weights of classes [C] and further axes are read as `LogSoftmax` and `NegativeLogLikelihoodLoss`.
public struct SoftmaxCrossEntropyLoss: Elaborated {
  public var ignoreIndex: Int?
  public var reduction = NegativeLogLikelihoodLoss.Reduction.mean

  public init() {}
  public init(ignoreIndex: Int?) { self.ignoreIndex = ignoreIndex }

  private static func form(since: Int) -> ONNXForm<Self> {
    ONNXForm(
      "SoftmaxCrossEntropyLoss", since: since, inputs: Arity(2...3), outputs: Arity(1...2),
      ["ignore_index": .optionalInt(\.ignoreIndex), "reduction": reductionCoding])
  }

  /// Files say nothing of the mean.
  private static let reductionCoding = AttributeCoding<Self>(
    encode: { $0.reduction == .mean ? nil : .string($0.reduction.rawValue) },
    decode: AttributeCoding<Self>.name(\.reduction).decode)

  public static let onnx = [form(since: 13), form(since: 12)]

  public func elaboration(_ inputs: [Tensor?], outputs: Int) -> [Tensor]? {
    guard inputs.count >= 2, let logits = inputs[0], let labels = inputs[1] else { return nil }
    let weights = inputs.count > 2 ? inputs[2] : nil
    if reduction == .mean, weights == nil, logits.rank == 2, labels.scalar == .int64 { return nil }
    let logProbabilities = logits.logSoftmax(axis: 1)
    let op = NegativeLogLikelihoodLoss(reduction, ignoreIndex: ignoreIndex)
    return [logits.builder.apply(op, [logProbabilities, labels, weights]), logProbabilities]
  }

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] {
    try require(reduction == .mean && !x.has(2), "is supported for the mean without weights alone")
    try Self.check(x)
    return [TensorType(x[0].scalar, []), x[0]]
  }

  /// Checks logits (input 0) and labels (input 1).
  static func check(_ x: Operands) throws(ShapeError) {
    try requireOneFloatType(x, [0])
    try require(x[0].shape.rank == 2, "the logits are \(x[0].shape), but must be [rows, classes]")
    try require(x[1].scalar == .int64, "labels must be i64, not \(x[1].scalar)")
    try requireEqual(x[1].shape, [x[0].shape[0]], "the labels", "the number of rows")
  }

  public func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    guard inputs.count == 2, let logits = inputs[0], let labels = inputs[1] else { return nil }
    let builder = logits.builder
    let logProbabilities = logits.logSoftmax(axis: 1)
    guard let ignoreIndex else {
      let picked = logProbabilities.gatherND(labels.unsqueezed([1]), batchDimensions: 1)
      return [-picked.mean([0], keepDimensions: false), logProbabilities]
    }
    let ignored = labels.equal(to: builder.constant(NDArray(Int64(ignoreIndex))))
    let safe = ignored.select(builder.constant(NDArray(Int64(0))), labels)
    let picked = logProbabilities.gatherND(safe.unsqueezed([1]), batchDimensions: 1)
    let total = ignored.select(builder.constant(0), picked).sum([0], keepDimensions: false)
    let count = ignored.not().cast(to: .float32).sum([0], keepDimensions: false)
    return [-(total / count), logProbabilities]
  }

  public func gradient(_ p: Pullback) -> [Tensor?] {
    if p.seeds.count > 1, p.seeds[1] != nil { return p.gradientOfDefinition(self) }
    let op = SoftmaxCrossEntropyLossGradient(ignoreIndex: ignoreIndex)
    return [p.seed.builder.apply(op, [p.input(0), p.input(1), p.seed]), nil]
  }

  /// Says which label is neither a class nor ignored.
  static func labelCheck(rows: Int, classes: Int, ignoreIndex: Int?) -> @Sendable (Buffers) -> String? {
    { b in
      guard let labels = b.input(1, as: Int64.self) else { return nil }
      for row in 0..<rows where labels[row] < 0 || labels[row] >= Int64(classes) {
        if let ignoreIndex, labels[row] == Int64(ignoreIndex) { continue }
        return "label \(labels[row]) of row \(row) is outside of \(classes) classes"
      }
      return nil
    }
  }

  /// For the kernel, which knows no absence.
  var ignored: Int64 { ignoreIndex.map { Int64($0) } ?? Int64.min }

  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel {
    try site.requireFloat32(0, kernel: name)
    let (rows, classes) = (site.input(0).sizes[0], site.input(0).sizes[1])
    let hasProbabilities = site.outputs.count > 1
    return Kernel(
      "ck_cross_entropy_f32", flops: saturatingProduct(5, site.input(0).count), bytes: site.traffic,
      scratch: max(rows * 4, 64), check: Self.labelCheck(rows: rows, classes: classes, ignoreIndex: ignoreIndex)
    ) { [ignored] b in
      ck_cross_entropy_f32(
        b.output(), b.scratch?.assumingMemoryBound(to: Float.self), hasProbabilities ? b.output(1) : nil, b.input(0),
        b.input(1), Int64(rows), Int64(classes), ignored)
    }
  }
}

extension Tensor {
  /// The mean cross-entropy of self, logits [N, C], against labels, int64 [N].
  public func softmaxCrossEntropyLoss(labels: Tensor, ignoreIndex: Int? = nil) -> Tensor {
    builder.apply(SoftmaxCrossEntropyLoss(ignoreIndex: ignoreIndex), [self, labels])
  }
}
