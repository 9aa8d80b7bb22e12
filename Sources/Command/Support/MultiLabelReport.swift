import ClipGraph
import Datasets
import Evaluation

/// What `evaluate zero-shot --metric map11` and `roc-auc` tell.
struct MultiLabelReport: Encodable {
  struct Class: Encodable {
    var label: String
    var positives: Int
    var averagePrecision: Double?

    enum CodingKeys: String, CodingKey {
      case label, positives
      case averagePrecision = "average_precision"
    }
  }

  var metric: String
  /// In [0, 1].
  var value: Double
  var samples: Int
  var classes: [Class]?
  var assumptions: [Assumption]?

  init(_ result: MultiLabel, metric: DatasetMetric, labels: [String], _ assumptions: [Assumption]) throws {
    (self.metric, samples) = (metric.rawValue, result.samples)
    self.assumptions = assumptions.isEmpty ? nil : assumptions
    guard metric == .elevenPointMeanAveragePrecision else {
      value = try result.areaUnderCurve()
      return
    }
    let mean = try result.meanAveragePrecision()
    value = mean.mean
    classes = labels.indices.map { label in
      Class(
        label: labels[label],
        positives: (0..<result.samples).count { result.labels[$0 * labels.count + label] == 1 },
        averagePrecision: mean.perClass[label])
    }
  }

  var withoutPictures: [String] { (classes ?? []).filter { $0.positives == 0 }.map(\.label) }

  var title: String { classes == nil ? "area under the ROC curve" : "mean average precision (11 points)" }

  func lines(perClass: Bool) -> [String] {
    let lines = ["\(title) \(Quantity.percent(value)) over \(samples) pictures"]
    guard perClass, let classes else { return lines }
    var table = TextTable([.left, .right, .right])
    for row in classes {
      table.add(row.label, row.averagePrecision.map(Quantity.percent) ?? "–", "\(row.positives) of \(samples)")
    }
    return lines + table.lines
  }

  enum CodingKeys: String, CodingKey {
    case metric, value, samples, assumptions
    case classes = "per_class"
  }
}
