/// One line of `metrics.jsonl`: what a step gave, or what a validation found after it.
public struct TrainingMetrics: Codable, Hashable, Sendable {
  /// Steps that the file's state has taken.
  public var step: Int
  /// The loss of the step's batch, before its update.
  public var loss: Double?
  public var learningRate: Double?
  /// What cosines are multiplied with.
  public var logitScale: Double?
  /// Over the last steps.
  public var samplesPerSecond: Double?
  /// Seconds for which this step waited for its data.
  public var dataWait: Double?
  /// Seconds since the run began.
  public var seconds: Double?
  public var validation: ValidationMetrics?

  public init(step: Int) { self.step = step }

  enum CodingKeys: String, CodingKey {
    case step, loss, seconds, validation
    case learningRate = "lr"
    case logitScale = "scale"
    case samplesPerSecond = "samples_per_second"
    case dataWait = "data_wait"
  }

  /// The numbers by the tags that TensorBoard groups them under.
  var tagged: [(tag: String, value: Double)] {
    let own: [(String, Double?)] = [
      ("train/loss", loss), ("train/learning_rate", learningRate), ("train/logit_scale", logitScale),
      ("train/samples_per_second", samplesPerSecond), ("train/data_wait", dataWait),
    ]
    let validated = validation?.named.map { ("validation/" + $0.name, Optional($0.value)) } ?? []
    return (own + validated).compactMap { tag, value in value.map { (tag, $0) } }
  }
}

/// What a validation found. Shares are between 0 and 1.
public struct ValidationMetrics: Codable, Hashable, Sendable {
  /// Mean loss over the batches.
  public var loss: Double?
  /// Share of pictures whose own caption is the best one, among the best five, and among the best ten.
  public var imageToText: RetrievalRecall?
  /// Share of captions whose own picture is.
  public var textToImage: RetrievalRecall?
  /// Share of pictures whose class is chosen.
  public var zeroShotAccuracy: Double?

  public init() {}

  enum CodingKeys: String, CodingKey {
    case loss
    case imageToText = "image_to_text"
    case textToImage = "text_to_image"
    case zeroShotAccuracy = "zero_shot_accuracy"
  }

  /// What there is, with names for people and programs.
  public var named: [(name: String, value: Double)] {
    var result: [(name: String, value: Double)] = []
    if let loss { result.append(("loss", loss)) }
    for (name, recall) in [("image_to_text", imageToText), ("text_to_image", textToImage)] {
      guard let recall else { continue }
      result += [("\(name)_r1", recall.atOne), ("\(name)_r5", recall.atFive), ("\(name)_r10", recall.atTen)]
    }
    if let zeroShotAccuracy { result.append(("zero_shot_accuracy", zeroShotAccuracy)) }
    return result
  }
}

/// How often the right one is among the best.
public struct RetrievalRecall: Codable, Hashable, Sendable {
  public var atOne: Double
  public var atFive: Double
  public var atTen: Double

  public init(atOne: Double, atFive: Double, atTen: Double) {
    (self.atOne, self.atFive, self.atTen) = (atOne, atFive, atTen)
  }

  enum CodingKeys: String, CodingKey {
    case atOne = "r1"
    case atFive = "r5"
    case atTen = "r10"
  }
}
