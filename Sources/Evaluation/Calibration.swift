/// How well confidences agree with the frequency of being right.
///
/// The expected calibration error (Naeini et al. 2015; Guo et al. 2017, On Calibration of Modern Neural Networks,
/// arXiv:1706.04599, section 2) is Σₘ (nₘ / n) · |accuracyₘ − confidenceₘ| over bins of equal width.
public struct Calibration: Hashable, Sendable, Codable {
  /// The examples whose confidence c is in one bin: lower < c ≤ upper; the first bin has c = 0, too.
  public struct Bin: Hashable, Sendable, Codable {
    /// The lower edge, in [0, 1).
    public let lower: Double
    /// The upper edge, in (0, 1].
    public let upper: Double
    /// Number of examples.
    public let count: Int
    /// The mean confidence of the examples, in [0, 1]; nil where there are none.
    public let confidence: Double?
    /// The share of the examples that are right, in [0, 1]; nil where there are none.
    public let accuracy: Double?
  }

  /// The bins, from confidence 0 to 1.
  public let bins: [Bin]
  /// The expected calibration error (ECE), in [0, 1]; 0 is best.
  public let expectedError: Double

  /// - Parameters:
  ///   - confidences: [examples], each in [0, 1]: the probability that the model gives to its prediction.
  ///   - correct: [examples]: whether the prediction is right.
  ///   - bins: number of bins of equal width, 1...65536. Edges m / bins are rounded to single precision, as confidences are.
  /// - Throws: `EvaluationError` where there are no examples, where the numbers of confidences and predictions differ,
  ///   where a confidence is not a number or out of range, or where the number of bins is out of range.
  public init(confidences: [Float], correct: [Bool], bins: Int = 15) throws(EvaluationError) {
    let name = Calibration.name
    guard (1...65_536).contains(bins) else {
      throw EvaluationError(name, "the number of bins is \(bins); it must be 1...65536")
    }
    guard !confidences.isEmpty || !correct.isEmpty else { throw EvaluationError(name, "there are no examples") }
    guard confidences.count == correct.count else {
      throw EvaluationError(name, "there are \(confidences.count) confidences, but \(correct.count) predictions")
    }
    if let example = confidences.firstIndex(where: { !(0...1).contains($0) }) {
      throw EvaluationError(
        name, "the confidence of example \(example) is \(confidences[example]); it must be in 0...1")
    }
    var counts = [Int](repeating: 0, count: bins)
    var right = counts
    var sums = [Double](repeating: 0, count: bins)
    for (confidence, isRight) in zip(confidences, correct) {
      let bin = Calibration.bin(of: confidence, bins)
      counts[bin] += 1
      right[bin] += isRight ? 1 : 0
      sums[bin] += Double(confidence)
    }
    self.bins = (0..<bins).map { bin in
      let count = Double(counts[bin])
      return Bin(
        lower: Double(bin) / Double(bins), upper: Double(bin + 1) / Double(bins), count: counts[bin],
        confidence: count > 0 ? sums[bin] / count : nil, accuracy: count > 0 ? Double(right[bin]) / count : nil)
    }
    let gaps = (0..<bins).reduce(0.0) { $0 + abs(Double(right[$1]) - sums[$1]) }
    expectedError = gaps / Double(confidences.count)
  }

  /// Takes the greatest probability of every row as its confidence, and that class, the first of equal ones, as its
  /// prediction.
  ///
  /// - Parameters:
  ///   - probabilities: [examples, classes], row-major, each in [0, 1]; rows add up to 1 within 0.01.
  ///   - labels: [examples], each in 0..<classes.
  ///   - classes: number of classes, at least 1.
  ///   - bins: number of bins of equal width, 1...65536.
  /// - Throws: `EvaluationError` where there are no examples or no classes, where sizes do not fit one another, where a
  ///   label or the number of bins is out of range, or where a row holds no probabilities.
  public init(
    probabilities: [Float], labels: [Int], classes: Int, bins: Int = 15
  ) throws(EvaluationError) {
    let rows = try ConfusionMatrixScores(probabilities, columns: classes, name: Calibration.name)
    try rows.check(labels: labels, name: Calibration.name)
    for example in 0..<rows.count {
      let row = rows[example]
      guard row.allSatisfy({ (0...1).contains($0) }), abs(row.reduce(0.0) { $0 + Double($1) } - 1) <= 0.01 else {
        throw EvaluationError(
          Calibration.name,
          "the row of example \(example) holds no probabilities that add up to 1; take the softmax first")
      }
    }
    let predictions = (0..<rows.count).map { rows.best($0) }
    try self.init(
      confidences: predictions.enumerated().map { probabilities[$0.offset * classes + $0.element] },
      correct: zip(predictions, labels).map { $0 == $1 }, bins: bins)
  }

  private static let name = "calibration"

  /// The bin with lower < confidence ≤ upper; 0 for a confidence of 0.
  private static func bin(of confidence: Float, _ bins: Int) -> Int {
    func edge(_ bin: Int) -> Float { Float(Double(bin) / Double(bins)) }
    // The product is at most one bin off, by rounding.
    var bin = min(Int(Double(confidence) * Double(bins)), bins - 1)
    if bin > 0, confidence <= edge(bin) { bin -= 1 }
    if bin < bins - 1, confidence > edge(bin + 1) { bin += 1 }
    return bin
  }
}
