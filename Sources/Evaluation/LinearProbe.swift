import ClipGraph
import Datasets
import Foundation

/// A linear probe: logistic regression on a model's features, with λ chosen on a validation split (Radford et al. 2021,
/// appendix A.3).
public struct LinearProbe {
  /// Features of pictures and the indices of their classes.
  public struct Split: Sendable {
    /// [pictures, width], row-major.
    public internal(set) var features: [Float] = []
    public internal(set) var labels: [Int] = []
    public internal(set) var width = 1

    func rows(_ rows: [Int]) -> Split {
      var part = Split()
      (part.width, part.labels) = (width, rows.map { labels[$0] })
      for row in rows { part.features += features[row * width..<(row + 1) * width] }
      return part
    }
  }

  public struct Result: Sendable {
    public let fit: LogisticRegression
    public let confusion: ConfusionMatrix
    /// [pictures of the test]: whether the most probable class is the right one.
    public let hits: [Bool]
    /// The accuracies on the validation split, by λ, ascending; empty where λ was given.
    public let search: [(lambda: Double, accuracy: Double)]
    public let trainingPictures: Int
  }

  /// λ = 10^(−6 + step / 8), step in 0...96.
  private static func lambda(_ step: Int) -> Double { pow(10, -6 + Double(step) / 8) }

  /// Encodes a data set whose samples have classes.
  public static func split(
    _ clip: CLIP, data: any SampleSource, cache: FeatureCache? = nil, progress: ((Int) -> Void)? = nil
  ) throws(EvaluationError) -> Split {
    var split = Split()
    try SampleEncoding(clip, cache: cache).walk(data, normalises: false) { samples, features throws(EvaluationError) in
      split.width = features.width
      split.features += features.values
      for sample in samples {
        guard let label = sample.label else {
          throw EvaluationError(sample.place, "has no class (KEY.cls, or a folder for each class)")
        }
        guard (0..<ConfusionMatrix.mostClasses).contains(label) else {
          throw EvaluationError(sample.place, "is of class \(label), not 0 ..< \(ConfusionMatrix.mostClasses)")
        }
        split.labels.append(label)
      }
      progress?(split.labels.count)
    }
    return split
  }

  /// - Parameters:
  ///   - lambda: λ; nil to search 1e-6 … 1e6 for it: every hundredfold first, then halving the stride around the best down to 8
  ///     steps a decade, on a tenth of the training pictures. The fit is on all of them.
  ///   - shots: training pictures of each class, drawn by the seed; nil for all.
  ///   - seed: of the validation split and the shots.
  public static func run(
    train: Split, test: Split, classes: Int, lambda: Double? = nil, shots: Int? = nil, seed: UInt64 = 0,
    threads: Int = 0
  ) throws(EvaluationError) -> Result {
    guard !train.labels.isEmpty, !test.labels.isEmpty else {
      throw EvaluationError("linear probe", "a split is empty; both need pictures")
    }
    guard train.width == test.width else {
      throw EvaluationError("linear probe", "the splits have features of \(train.width) and \(test.width) numbers")
    }
    if let wrong = (train.labels + test.labels).first(where: { $0 >= classes }) {
      throw EvaluationError("linear probe", "a picture is of class \(wrong), but there are only \(classes) classes")
    }
    var generator = SeededGenerator(seed: seed)
    var order = Array(train.labels.indices).shuffled(using: &generator)
    if let shots {
      var taken = [Int](repeating: 0, count: classes)
      order = order.filter { row in
        taken[train.labels[row]] += 1
        return taken[train.labels[row]] <= shots
      }
    }
    let own = train.rows(order)
    var search: [(lambda: Double, accuracy: Double)] = []
    var chosen = lambda
    if chosen == nil {
      search = try LinearProbe.search(own, classes: classes, threads: threads)
      // Of equal accuracies the strongest regularisation.
      let best = search.map(\.accuracy).max() ?? 0
      chosen = search.last { $0.accuracy == best }?.lambda
    }
    let fit = try LogisticRegression(
      features: own.features, width: own.width, labels: own.labels, classes: classes, lambda: chosen ?? 1,
      threads: threads)
    let predictions = fit.predictions(test.features)
    return Result(
      fit: fit, confusion: try ConfusionMatrix(predictions: predictions, labels: test.labels, classes: classes),
      hits: zip(predictions, test.labels).map { $0 == $1 }, search: search, trainingPictures: own.labels.count)
  }

  private static func search(
    _ own: Split, classes: Int, threads: Int
  ) throws(EvaluationError) -> [(lambda: Double, accuracy: Double)] {
    let held = max(1, own.labels.count / 10)
    guard own.labels.count - held >= 1 else {
      throw EvaluationError("linear probe", "one training picture leaves nothing to choose λ with; give λ")
    }
    let (validation, fitted) = (own.rows(Array(0..<held)), own.rows(Array(held..<own.labels.count)))
    let objective: LogisticObjective
    do {
      objective = try LogisticObjective(
        features: fitted.features, width: fitted.width, labels: fitted.labels, classes: classes, threads: threads)
    } catch { throw EvaluationError(error) }
    var found: [Int: Double] = [:]
    var nearest: LogisticRegression?
    func measure(_ step: Int) throws(EvaluationError) {
      guard (0...96).contains(step), found[step] == nil else { return }
      let fit = try LogisticRegression(
        objective, rows: fitted.labels.count, lambda: lambda(step), start: nearest)
      nearest = fit
      let predictions = fit.predictions(validation.features)
      found[step] =
        Double(zip(predictions, validation.labels).count { $0 == $1 }) / Double(validation.labels.count)
    }
    // From strong regularisation to weak: each fit begins at its neighbour's.
    for step in stride(from: 96, through: 0, by: -16) { try measure(step) }
    for stride in [8, 4, 2, 1] {
      let best = found.max { ($0.value, $0.key) < ($1.value, $1.key) }?.key ?? 48
      try measure(best + stride)
      try measure(best - stride)
    }
    return found.keys.sorted().map { (lambda($0), found[$0] ?? 0) }
  }
}
