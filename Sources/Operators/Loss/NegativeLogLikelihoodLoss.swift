import Graphs
import Tensors

/// −log probability of the label's class, weighted by class: of every element, their sum, or their (weighted) mean.
///
/// Inputs: log probabilities [N, C, …], labels [N, …], weights [C]?. Elements whose label is `ignoreIndex` do not count.
public struct NegativeLogLikelihoodLoss: Macro {
  public enum Reduction: String, Hashable, Sendable, CaseIterable {
    case none, sum, mean
  }

  public var reduction = Reduction.mean
  public var ignoreIndex: Int?

  public init() {}
  public init(_ reduction: Reduction, ignoreIndex: Int? = nil) {
    (self.reduction, self.ignoreIndex) = (reduction, ignoreIndex)
  }

  public static let onnx = [
    ONNXForm<Self>(
      "NegativeLogLikelihoodLoss", since: 12, inputs: Arity(2...3),
      ["reduction": .name(\.reduction), "ignore_index": .optionalInt(\.ignoreIndex)])
  ]

  public func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    guard inputs.count >= 2, let x = inputs[0], let labels = inputs[1] else { return nil }
    if x.isPoisoned || labels.isPoisoned { return [Tensor(x.builder, nil)] }
    guard x.rank >= 2, labels.rank == x.rank - 1 else {
      x.builder.record(.shape, at: x.builder.path, "the labels are \(labels.shape), but the classes are \(x.shape)")
      return nil
    }
    let weights = inputs.count > 2 ? inputs[2] : nil
    let zero = labels.scalar(0)
    let ignored = ignoreIndex.map { labels.equal(to: labels.scalar(Float($0))) }
    let safe = ignored.map { $0.select(zero, labels) } ?? labels
    let picked = x.apply(GatherElements(axis: 1), safe.unsqueezed([1])).squeezed([1])
    var weight = weights.map { $0.gather(safe, axis: 0) }
    if let ignored {
      weight = ignored.select(x.scalar(0), weight ?? x.scalar(1))
    }
    let losses = weight.map { -picked * $0 } ?? -picked
    let axes = Array(0..<labels.rank)
    switch reduction {
    case .none: return [losses]
    case .sum: return [losses.sum(axes)]
    case .mean: return [weight.map { losses.sum(axes) / $0.sum(axes) } ?? losses.mean(axes)]
    }
  }
}
