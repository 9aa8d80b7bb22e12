import ClipGraph
import Datasets

/// Scores of pictures for classes, and which of them every picture is of; it may be of several, or none.
public struct MultiLabel: Sendable {
  public let classes: Int
  /// [samples, classes], row-major: cosines.
  public private(set) var scores: [Float] = []
  /// [samples, classes], row-major: 1 where the picture is of the class, 0 where not, −1 where it does not count.
  public private(set) var labels: [Int] = []

  public var samples: Int { scores.count / classes }

  /// Mean average precision by VOC 2007's rule of eleven points: each class ranks all pictures.
  public func meanAveragePrecision() throws(EvaluationError) -> AveragePrecision.Mean {
    try AveragePrecision.Mean(scores: scores, labels: labels, classes: classes)
  }

  /// Area under the receiver's curve of two classes, the second of which is the positive one; pictures are ranked by its
  /// cosine less the first's, as by the softmax.
  ///
  /// - Throws: `EvaluationError` where there are not two classes, or all pictures are of one.
  public func areaUnderCurve() throws(EvaluationError) -> Double {
    guard classes == 2 else {
      throw EvaluationError("ROC AUC", "is for two classes, the negative one first, not \(classes)")
    }
    return try ReceiverOperatingCharacteristic.areaUnderCurve(
      scores: (0..<samples).map { scores[2 * $0 + 1] - scores[2 * $0] },
      labels: (0..<samples).map { labels[2 * $0 + 1] })
  }

  fileprivate init(classes: Int) { self.classes = classes }

  fileprivate mutating func add(_ row: [Float], _ sample: Sample) throws(EvaluationError) {
    guard let given = sample.classes else {
      throw EvaluationError(sample.place, "has no classes (KEY.cls, a column of labels, or a folder for each class)")
    }
    if let wrong = (given.present + given.leftOut).first(where: { !(0..<classes).contains($0) }) {
      throw EvaluationError(sample.place, "is of class \(wrong), but there are only \(classes) labels")
    }
    scores += row
    labels += (0..<classes).map { given.present.contains($0) ? 1 : given.leftOut.contains($0) ? -1 : 0 }
  }
}

extension ZeroShot {
  /// Scores of all pictures for all labels, for measures of rankings. A picture may be of several classes.
  ///
  /// - Parameters: as those of `accuracy(data:labels:templates:progress:)`.
  public func multiLabel(
    data: any SampleSource, labels: [String], templates: [String], progress: ((Int) -> Void)? = nil
  ) throws(EvaluationError) -> MultiLabel {
    let classes = try LabelEncoding.classifier(clip, labels, templates, cache)
    var result = MultiLabel(classes: labels.count)
    try SampleEncoding(clip, cache: cache).walk(data) { samples, features throws(EvaluationError) in
      for (sample, row) in zip(samples, features.similarities(to: classes)) { try result.add(row, sample) }
      progress?(result.samples)
    }
    return result
  }
}
