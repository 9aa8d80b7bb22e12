import Datasets

/// Percentile confidence intervals by the bootstrap (Efron and Tibshirani 1993, An Introduction to the Bootstrap,
/// chapter 13).
///
/// A resample draws as many examples as there are, with replacement. Example number ⌊r · examples / 2⁶⁴⌋ is drawn for every
/// number r of SplitMix64, which begins at the seed and goes on from one resample to the next.
public enum Bootstrap {
  /// The interval of a mean of values of examples, such as an accuracy (values 1 and 0) or a recall
  /// (`RetrievalRanks.hits(at:)`).
  ///
  /// - Parameters:
  ///   - values: [examples], finite, in any unit.
  ///   - confidence: in (0, 1).
  ///   - resamples: at least 1.
  ///   - seed: what the resamples depend on.
  /// - Throws: `EvaluationError` where there are no examples, where a value is not finite, or where `confidence` or
  ///   `resamples` is out of range.
  public static func mean(
    of values: [Double], confidence: Double = 0.95, resamples: Int = 1000, seed: UInt64 = 0
  ) throws(EvaluationError) -> BootstrapInterval {
    try check(values, confidence, resamples)
    let count = Double(values.count)
    var generator = SeededGenerator(state: seed)
    let means = (0..<resamples).map { _ in
      var sum = 0.0
      for _ in values.indices { sum += values[generator.index(below: values.count)] }
      return sum / count
    }
    return BootstrapInterval(
      estimate: values.reduce(0, +) / count, measures: means, confidence: confidence, seed: seed)
  }

  /// The interval of the unweighted mean of the means of classes, such as `ConfusionMatrix.PerClassAccuracy.mean` (values
  /// 1 and 0).
  ///
  /// Examples are drawn from all classes together; a class of which a resample has no example is left out of that
  /// resample's mean.
  ///
  /// - Parameters:
  ///   - values: [examples], finite, in any unit.
  ///   - labels: [examples], each in 0..<classes.
  ///   - classes: number of classes, at least 1. Classes without examples are left out.
  ///   - confidence: in (0, 1).
  ///   - resamples: at least 1.
  ///   - seed: what the resamples depend on.
  /// - Throws: `EvaluationError` as `mean(of:confidence:resamples:seed:)`, and where the numbers of values and labels
  ///   differ or a label is out of range.
  public static func meanPerClass(
    of values: [Double], labels: [Int], classes: Int, confidence: Double = 0.95, resamples: Int = 1000,
    seed: UInt64 = 0
  ) throws(EvaluationError) -> BootstrapInterval {
    try check(values, confidence, resamples)
    guard classes >= 1 else { throw EvaluationError(name, "there are \(classes) classes; there must be 1 at least") }
    guard labels.count == values.count else {
      throw EvaluationError(name, "there are \(values.count) values, but \(labels.count) labels")
    }
    for (example, label) in labels.enumerated() where !(0..<classes).contains(label) {
      throw EvaluationError(name, "example \(example) is of class \(label), but there are only \(classes) classes")
    }
    var generator = SeededGenerator(state: seed)
    let means = (0..<resamples).map { _ in
      meanPerClass(values, labels, classes) { _ in generator.index(below: values.count) }
    }
    return BootstrapInterval(
      estimate: meanPerClass(values, labels, classes) { $0 }, measures: means, confidence: confidence, seed: seed)
  }

  static let name = "bootstrap"

  static func check(
    _ values: [Double], _ confidence: Double, _ resamples: Int
  ) throws(EvaluationError) {
    guard !values.isEmpty else { throw EvaluationError(name, "there are no examples") }
    if let example = values.firstIndex(where: { !$0.isFinite }) {
      throw EvaluationError(name, "the value of example \(example) is \(values[example]), not a finite number")
    }
    guard confidence > 0, confidence < 1 else {
      throw EvaluationError(name, "the confidence is \(confidence); it must lie between 0 and 1, such as 0.95")
    }
    guard resamples >= 1 else {
      throw EvaluationError(name, "\(resamples) resamples are none; give 1 at least")
    }
  }

  /// The mean, over the classes of the examples that `draw` gives for 0, 1, …, of the mean of their values.
  private static func meanPerClass(
    _ values: [Double], _ labels: [Int], _ classes: Int, draw: (Int) -> Int
  ) -> Double {
    var sums = [Double](repeating: 0, count: classes)
    var counts = [Int](repeating: 0, count: classes)
    for place in values.indices {
      let example = draw(place)
      sums[labels[example]] += values[example]
      counts[labels[example]] += 1
    }
    var (total, present) = (0.0, 0)
    for label in 0..<classes where counts[label] > 0 {
      total += sums[label] / Double(counts[label])
      present += 1
    }
    return total / Double(present)
  }
}

extension SeededGenerator {
  /// ⌊next · count / 2⁶⁴⌋, in 0..<count. The probabilities of two indices differ by 2⁻⁶⁴ at most. `count` must be 1 at least.
  mutating func index(below count: Int) -> Int { Int(next().multipliedFullWidth(by: UInt64(count)).high) }
}
