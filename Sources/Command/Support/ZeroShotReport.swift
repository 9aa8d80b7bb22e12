import ClipGraph
import Datasets
import Evaluation

/// What `evaluate zero-shot` tells.
struct ZeroShotReport: Encodable {
  struct Class: Encodable {
    var label: String
    var samples: Int
    var correct: Int
    var accuracy: Double?
  }

  var metric: String
  /// Of the metric, in [0, 1].
  var value: Double
  var samples: Int
  var correct: Int
  var accuracy: Double
  var interval: BootstrapInterval
  var topFiveAccuracy: Double
  var meanPerClass: BootstrapInterval?
  var calibrationError: Double?
  var classes: [Class]?
  var confusion: [[Int]]?
  var assumptions: [Assumption]?

  /// - Parameters:
  ///   - labels: nil where every sample chose among its own.
  ///   - confusion: whether to tell the confusion matrix.
  init(
    _ result: ZeroShotResult, labels: [String]?, metric: DatasetMetric, confusion: Bool, seed: UInt64,
    _ assumptions: [Assumption]
  ) throws {
    (self.metric, value) = (metric.rawValue, result.accuracy)
    if metric == .meanOfTop1AndTop5 { value = (result.accuracy + result.topFiveAccuracy) / 2 }
    (samples, correct, accuracy) = (result.samples, result.correct, result.accuracy)
    interval = try result.accuracyInterval(seed: seed)
    topFiveAccuracy = result.topFiveAccuracy
    self.assumptions = assumptions.isEmpty ? nil : assumptions
    guard let labels else { return }
    meanPerClass = try result.meanPerClassInterval(classes: labels.count, seed: seed)
    if metric == .meanPerClass, let meanPerClass { value = meanPerClass.estimate }
    calibrationError = try result.calibration().expectedError
    var (counts, hits) = ([Int](repeating: 0, count: labels.count), [Int](repeating: 0, count: labels.count))
    for (answer, hit) in zip(result.answers, result.hits) {
      counts[answer] += 1
      hits[answer] += hit ? 1 : 0
    }
    classes = labels.indices.map { label in
      Class(
        label: labels[label], samples: counts[label], correct: hits[label],
        accuracy: counts[label] > 0 ? Double(hits[label]) / Double(counts[label]) : nil)
    }
    if confusion { self.confusion = try result.confusion(classes: labels.count).rows }
  }

  var withoutPictures: [String] { (classes ?? []).filter { $0.samples == 0 }.map(\.label) }

  func lines(perClass: Bool) -> [String] {
    var lines = [
      "zero-shot accuracy \(Quantity.percent(accuracy)) (\(correct) of \(samples)), \(words(interval)); among the best five "
        + Quantity.percent(topFiveAccuracy)
    ]
    if let meanPerClass, let calibrationError {
      lines.append(
        "mean of the classes \(Quantity.percent(meanPerClass.estimate)), \(words(meanPerClass)); expected calibration error "
          + Quantity.percent(calibrationError))
    }
    if metric == DatasetMetric.meanOfTop1AndTop5.rawValue {
      lines.append("mean of top-1 and top-5 accuracy \(Quantity.percent(value))")
    }
    guard perClass, let classes else { return lines }
    var table = TextTable([.left, .right, .right])
    for row in classes {
      table.add(row.label, row.accuracy.map(Quantity.percent) ?? "–", "\(row.correct) of \(row.samples)")
    }
    return lines + table.lines
  }

  private func words(_ interval: BootstrapInterval) -> String {
    "95 % interval \(Quantity.percent(interval.lower)) to \(Quantity.percent(interval.upper))"
  }

  enum CodingKeys: String, CodingKey {
    case metric, value, samples, correct, accuracy, confusion, assumptions
    case interval = "accuracy_interval"
    case topFiveAccuracy = "top5_accuracy"
    case meanPerClass = "mean_per_class_accuracy"
    case calibrationError = "expected_calibration_error"
    case classes = "per_class"
  }
}
