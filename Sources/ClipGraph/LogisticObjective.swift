import Foundation
import Graphs
import Operators
import Tensors

/// The objective of L2-regularised multinomial logistic regression and its gradient, by a compiled graph:
///
///     1/N Σᵢ −log softmax(xᵢ W + b)[yᵢ] + ½ α ‖W‖²
///
/// A row's loss is softplus(log Σ_{j≠y} exp zⱼ − z_y), which in single precision keeps its digits where the loss is small. Features
/// are standardised within, so that those of other scales do not make the objective ill-conditioned; W and b are those of the
/// features as they were given.
///
/// The bias is not regularised. scikit-learn's `LogisticRegression(C=c)` minimises N times this, with α = 1 / (c N).
public final class LogisticObjective: Sendable {
  /// Width of a feature row, D.
  public let width: Int
  /// Number of classes, C.
  public let classes: Int
  private let features: NDArray
  /// [N, C]: 1 for a row's class, else 0.
  private let isLabel: NDArray
  /// [D]: of every feature, its mean, and 1 / its standard deviation (1 where that is 0).
  private let means: [Double]
  private let scales: [Double]
  private let engine: Engine

  /// - Parameters:
  ///   - features: [N, D], row-major, finite.
  ///   - labels: [N], each in 0..<classes.
  ///   - threads: for kernels; 0 means all cores.
  /// - Throws: `ClipGraphError` where sizes do not fit one another, where a label is no class, or where a feature is not finite.
  public init(features: [Float], width: Int, labels: [Int], classes: Int, threads: Int = 0) throws(ClipGraphError) {
    guard width >= 1, !labels.isEmpty, features.count == labels.count * width else {
      throw ClipGraphError(
        "logistic regression", "\(features.count) features are not \(labels.count) rows of \(width)")
    }
    guard classes >= 2 else {
      throw ClipGraphError("logistic regression", "needs two classes at least, not \(classes)")
    }
    if let row = labels.firstIndex(where: { !(0..<classes).contains($0) }) {
      throw ClipGraphError(
        "logistic regression", "row \(row) is of class \(labels[row]), but there are only \(classes) classes")
    }
    if let place = features.firstIndex(where: { !$0.isFinite }) {
      throw ClipGraphError(
        "logistic regression", "feature \(place % width) of row \(place / width) is not a finite number")
    }
    (self.width, self.classes) = (width, classes)
    (means, scales) = Self.moments(features, width: width)
    var (standardised, isLabel) = (features, [Float](repeating: 0, count: labels.count * classes))
    for (row, label) in labels.enumerated() {
      isLabel[row * classes + label] = 1
      for column in 0..<width {
        let place = row * width + column
        standardised[place] = Float((Double(features[place]) - means[column]) * scales[column])
      }
    }
    self.features = NDArray(standardised, [labels.count, width])
    self.isLabel = NDArray(isLabel, [labels.count, classes])
    let graph = try explaining {
      try Graph.build("logistic_regression") { builder in
        let x = builder.input("features", .float32, [.symbol("rows"), Dimension(width)])
        let isLabel = builder.input("is_label", .float32, [.symbol("rows"), Dimension(classes)])
        let weights = builder.input("weights", .float32, Shape([width, classes]))
        let bias = builder.input("bias", .float32, Shape([classes]))
        let penalties = builder.input("penalties", .float32, Shape([width, 1]))
        let perRow = builder.constant(1 / Float(labels.count))
        let logits = x.linear(weights, bias: bias)
        // zⱼ − z_y of the other classes; what is left of the row's own vanishes in the sum.
        let others = logits - (logits * isLabel).sum([1], keepDimensions: true) - isLabel * 1e30
        let largest = others.max([1], keepDimensions: true)
        let powers = (others - largest).exp()
        let sum = powers.sum([1], keepDimensions: true)
        let margins = largest + sum.log()
        // The derivative of softplus(margin) in z: σ(margin) · (p − 1_y), p the softmax of the other classes.
        let slopes = margins.sigmoid() * (powers / sum - isLabel) * perRow
        builder.output("margins", margins.squeezed([1]))
        builder.output("weights_gradient", x.matmul(slopes, transposeA: true, transposeB: false) + weights * penalties)
        builder.output("bias_gradient", slopes.sum([0], keepDimensions: false))
      }
    }
    engine = try Engine(graph, compilation: .inference, threads: threads)
  }

  private static func moments(_ features: [Float], width: Int) -> (means: [Double], scales: [Double]) {
    let rows = Double(features.count / width)
    var (means, squares) = ([Double](repeating: 0, count: width), [Double](repeating: 0, count: width))
    for (place, value) in features.enumerated() { means[place % width] += Double(value) / rows }
    for (place, value) in features.enumerated() {
      let difference = Double(value) - means[place % width]
      squares[place % width] += difference * difference / rows
    }
    return (means, squares.map { $0 > 0 ? 1 / $0.squareRoot() : 1 })
  }

  /// The parameters that `value` takes, of a classifier of the features as they were given.
  ///
  /// - Parameters:
  ///   - weights: W [D, C], row-major.
  ///   - bias: b [C].
  public func parameters(weights: [Float], bias: [Float]) -> [Double] {
    var (scaled, shifted) = (weights.map(Double.init), bias.map(Double.init))
    for place in scaled.indices {
      shifted[place % classes] += means[place / classes] * scaled[place]
      scaled[place] /= scales[place / classes]
    }
    return scaled + shifted
  }

  /// W [D, C] and b [C] for the features as they were given.
  public func classifier(_ parameters: [Double]) -> (weights: [Float], bias: [Float]) {
    var (weights, bias) = (Array(parameters.dropLast(classes)), Array(parameters.suffix(classes)))
    for place in weights.indices {
      weights[place] *= scales[place / classes]
      bias[place % classes] -= means[place / classes] * weights[place]
    }
    return (weights.map { Float($0) }, bias.map { Float($0) })
  }

  /// - Parameters:
  ///   - parameters: [D, C] row-major, then [C], of standardised features.
  ///   - alpha: α, at least 0.
  /// - Returns: the objective, and its gradient in the order of the parameters.
  public func value(_ parameters: [Double], alpha: Double) throws(ClipGraphError) -> (Double, gradient: [Double]) {
    guard parameters.count == (width + 1) * classes else {
      throw ClipGraphError("logistic regression", "takes \((width + 1) * classes) parameters, not \(parameters.count)")
    }
    let penalties = scales.map { alpha * $0 * $0 }
    let results = try engine.run([
      "features": features, "is_label": isLabel, "penalties": NDArray(penalties.map { Float($0) }, [width, 1]),
      "weights": NDArray(parameters.prefix(width * classes).map { Float($0) }, [width, classes]),
      "bias": NDArray(parameters.suffix(classes).map { Float($0) }, [classes]),
    ])
    func values(_ name: String) -> [Double] { results[name]?.values(as: Float.self).map { Double($0) } ?? [] }
    let margins = values("margins")
    var value = margins.reduce(0) { $0 + max($1, 0) + log1p(exp(-$1.magnitude)) } / Double(margins.count)
    for place in 0..<width * classes {
      value += 0.5 * penalties[place / classes] * parameters[place] * parameters[place]
    }
    return (value, values("weights_gradient") + values("bias_gradient"))
  }
}
