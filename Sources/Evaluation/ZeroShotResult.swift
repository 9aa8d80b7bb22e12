/// How often a model chose right without having been trained for the labels.
public struct ZeroShotResult: Hashable, Sendable, Codable {
  /// [samples]: the index of the right label.
  public private(set) var answers: [Int] = []
  /// [samples]: the index of the label with the best score, the first of equal ones.
  public private(set) var predictions: [Int] = []
  /// [samples]: whether the right label is the best one; with equal scores it is not.
  public private(set) var hits: [Bool] = []
  /// [samples]: the probability of the best label, where all samples choose among the same labels; otherwise empty.
  public private(set) var confidences: [Float] = []
  /// Samples whose right label is among the best five.
  public private(set) var amongFive = 0

  public init() {}

  public var samples: Int { hits.count }
  /// Samples whose right label is the best one.
  public var correct: Int { hits.count { $0 } }
  public var accuracy: Double { samples > 0 ? Double(correct) / Double(samples) : 0 }
  public var topFiveAccuracy: Double { samples > 0 ? Double(amongFive) / Double(samples) : 0 }

  /// Counts one sample. Of equal scores the right label is taken to come last.
  mutating func add(_ scores: [Float], answer: Int, confidence: Float? = nil) {
    let better = scores.indices.count { $0 != answer && !(scores[$0] < scores[answer]) }
    answers.append(answer)
    predictions.append(scores.indices.reduce(0) { scores[$1] > scores[$0] ? $1 : $0 })
    hits.append(better == 0)
    if better < 5 { amongFive += 1 }
    if let confidence { confidences.append(confidence) }
  }

  // MARK: Measures

  /// The bootstrap's interval of the accuracy.
  public func accuracyInterval(seed: UInt64 = 0) throws(EvaluationError) -> BootstrapInterval {
    try Bootstrap.mean(of: hits.map { $0 ? 1 : 0 }, seed: seed)
  }

  /// The mean of the classes' accuracies, with the bootstrap's interval; for samples that choose among the same labels.
  public func meanPerClassInterval(classes: Int, seed: UInt64 = 0) throws(EvaluationError) -> BootstrapInterval {
    try Bootstrap.meanPerClass(of: hits.map { $0 ? 1 : 0 }, labels: answers, classes: classes, seed: seed)
  }

  /// What was chosen for the samples of each class: [classes, classes].
  public func confusion(classes: Int) throws(EvaluationError) -> ConfusionMatrix {
    try ConfusionMatrix(predictions: predictions, labels: answers, classes: classes)
  }

  /// How the probability of the best label goes with its being right.
  public func calibration() throws(EvaluationError) -> Calibration {
    try Calibration(confidences: confidences, correct: hits)
  }
}
