import ClipGraph

/// Multinomial logistic regression, L2-regularised, on features of a frozen model: a linear probe.
public struct LogisticRegression: Sendable {
  /// [D, C], row-major.
  public let weights: [Float]
  /// [C].
  public let bias: [Float]
  /// λ: the objective is Σ −log p(yᵢ) + ½ λ ‖W‖², as scikit-learn's with C = 1 / λ.
  public let lambda: Double
  /// The objective divided by the number of rows.
  public let objective: Double
  public let iterations: Int
  /// Whether the search ended by itself, before its iterations ran out.
  public let converged: Bool

  /// Fits by L-BFGS, 1,000 iterations at most.
  ///
  /// - Parameters:
  ///   - features: [N, D], row-major, finite.
  ///   - labels: [N], each in 0..<classes.
  ///   - lambda: λ, above 0.
  ///   - start: a fit to begin from, of the same sizes.
  ///   - threads: for kernels; 0 means all cores.
  /// - Throws: `EvaluationError` for sizes that do not fit, labels that are no class, features that are no finite numbers.
  public init(
    features: [Float], width: Int, labels: [Int], classes: Int, lambda: Double, start: LogisticRegression? = nil,
    threads: Int = 0
  ) throws(EvaluationError) {
    let objective: LogisticObjective
    do {
      objective = try LogisticObjective(
        features: features, width: width, labels: labels, classes: classes, threads: threads)
    } catch { throw EvaluationError(error) }
    try self.init(objective, rows: labels.count, lambda: lambda, start: start)
  }

  init(
    _ objective: LogisticObjective, rows: Int, lambda: Double, start: LogisticRegression? = nil
  ) throws(EvaluationError) {
    guard lambda > 0, lambda.isFinite else {
      throw EvaluationError("logistic regression", "λ is \(lambda); it must be above 0")
    }
    let count = (objective.width + 1) * objective.classes
    let given = start.map { objective.parameters(weights: $0.weights, bias: $0.bias) } ?? []
    let alpha = lambda / Double(rows)
    let result: LimitedMemoryBFGS.Result
    do throws(ClipGraphError) {
      result = try LimitedMemoryBFGS().minimise(
        { point throws(ClipGraphError) in try objective.value(point, alpha: alpha) },
        from: given.count == count ? given : [Double](repeating: 0, count: count))
    } catch { throw EvaluationError(error) }
    (weights, bias) = objective.classifier(result.point)
    (self.lambda, self.objective) = (lambda, result.value)
    (iterations, converged) = (result.iterations, result.converged)
  }

  /// The most probable class of every row; of equal ones, the first.
  ///
  /// - Parameter features: [rows, D], row-major.
  public func predictions(_ features: [Float]) -> [Int] {
    let (classes, width) = (bias.count, weights.count / bias.count)
    return stride(from: 0, to: features.count, by: width).map { row in
      var scores = bias
      for feature in 0..<width {
        let value = features[row + feature]
        for label in 0..<classes { scores[label] += value * weights[feature * classes + label] }
      }
      return scores.indices.reduce(0) { scores[$1] > scores[$0] ? $1 : $0 }
    }
  }
}
