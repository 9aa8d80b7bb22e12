import ClipGraph
import Evaluation
import Foundation

/// What `evaluate robustness` tells.
struct RobustnessReport: Encodable {
  struct Reference: Encodable {
    var name: String
    var pictures: Int
    var accuracy: BootstrapInterval
  }

  /// Of an earlier report, as far as it is read.
  struct Earlier: Decodable {
    struct Set: Decodable {
      struct Accuracy: Decodable { var estimate: Double }
      var name: String
      var pictures: Int
      var classes: Int
      var accuracy: Accuracy
    }
    var sets: [Set]
  }

  struct Relative: Encodable {
    var to: String
    var accuracyBefore: Double
    var estimate: Double
    /// nil where an earlier report told the accuracy alone.
    var interval: BootstrapInterval?

    enum CodingKeys: String, CodingKey {
      case to, estimate, interval
      case accuracyBefore = "accuracy_before"
    }
  }

  struct Set: Encodable {
    var name: String
    var classes: Int
    var pictures: Int
    var referencePictures: Int
    var referenceAccuracy: BootstrapInterval
    var accuracy: BootstrapInterval
    var drop: BootstrapInterval
    var relativeDrop: BootstrapInterval?
    var fit: RobustnessFit?
    var expectedAccuracy: Double?
    var effectiveRobustness: BootstrapInterval?
    var relativeRobustness: Relative?

    init(_ shift: RobustnessShift, _ measures: RobustnessMeasures, _ fit: RobustnessFit?, _ relative: Relative?) {
      (name, classes, self.fit, relativeRobustness) = (shift.name, shift.classes, fit, relative)
      (pictures, referencePictures) = (shift.shifted.count, shift.reference.count)
      (referenceAccuracy, accuracy) = (measures.referenceAccuracy, measures.accuracy)
      (drop, relativeDrop) = (measures.drop, measures.relativeDrop)
      (expectedAccuracy, effectiveRobustness) = (measures.expectedAccuracy, measures.effectiveRobustness)
    }

    enum CodingKeys: String, CodingKey {
      case name, classes, pictures, accuracy, drop, fit
      case referencePictures = "reference_pictures"
      case referenceAccuracy = "reference_accuracy"
      case relativeDrop = "relative_drop"
      case expectedAccuracy = "expected_accuracy"
      case effectiveRobustness = "effective_robustness"
      case relativeRobustness = "relative_robustness"
    }
  }

  var reference: Reference
  var sets: [Set]
  var assumptions: [Assumption]?

  var lines: [String] {
    var lines = [
      "\(reference.name): accuracy \(percent(reference.accuracy)), \(reference.pictures) pictures",
      "accuracy under shift, the reference's on the same classes, with intervals of 95 %:",
    ]
    var table = TextTable([.left, .right, .right, .right, .right, .right, .right])
    table.add("set", "classes", "pictures", "reference", "shifted", "drop (points)", "relative drop")
    for set in sets {
      table.add(
        set.name, "\(set.classes)", "\(set.pictures)", percent(set.referenceAccuracy), percent(set.accuracy),
        points(set.drop), set.relativeDrop.map(percent) ?? "–")
    }
    lines += table.lines
    if sets.contains(where: { $0.effectiveRobustness != nil }) {
      var table = TextTable([.left, .right, .right, .right])
      table.add("set", "baselines", "expected", "effective robustness (points)")
      for set in sets {
        guard let fit = set.fit, let expected = set.expectedAccuracy, let value = set.effectiveRobustness else {
          continue
        }
        table.add(set.name, "\(fit.points)", Quantity.percent(expected), points(value))
      }
      lines += table.lines
    }
    guard sets.contains(where: { $0.relativeRobustness != nil }) else { return lines }
    var relative = TextTable([.left, .right, .right])
    relative.add("set", "before", "relative robustness (points)")
    for set in sets {
      guard let value = set.relativeRobustness else { continue }
      relative.add(
        set.name, Quantity.percent(value.accuracyBefore), value.interval.map(points) ?? points(value.estimate))
    }
    return lines + relative.lines
  }

  private func percent(_ interval: BootstrapInterval) -> String {
    Quantity.percent(interval.estimate)
      + " (\(Quantity.decimal(100 * interval.lower, 1)) to \(Quantity.decimal(100 * interval.upper, 1)))"
  }

  private func points(_ share: Double) -> String { String(format: "%+.1f", 100 * share) }

  private func points(_ interval: BootstrapInterval) -> String {
    "\(points(interval.estimate)) (\(points(interval.lower)) to \(points(interval.upper)))"
  }
}
