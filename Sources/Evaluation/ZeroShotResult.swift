/// How often a model chose right without having been trained for the labels.
public struct ZeroShotResult: Hashable, Sendable, Codable {
  public var samples = 0
  /// Samples whose right label is the best one.
  public var correct = 0
  /// Samples whose right label is among the best five.
  public var amongFive = 0

  public init() {}

  public var accuracy: Double { samples > 0 ? Double(correct) / Double(samples) : 0 }
  public var topFiveAccuracy: Double { samples > 0 ? Double(amongFive) / Double(samples) : 0 }

  /// Counts one sample. Of equal scores the right label is taken to come last.
  mutating func add(_ scores: [Float], answer: Int) {
    samples += 1
    let better = scores.indices.filter { $0 != answer && !(scores[$0] < scores[answer]) }.count
    if better == 0 { correct += 1 }
    if better < 5 { amongFive += 1 }
  }
}
