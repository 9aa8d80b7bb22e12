import Graphs
import Operators

/// What an algorithm computes, beside its scalars: it decides the graph.
public struct Recipe: Hashable, Sendable {
  public enum Loss: String, Hashable, Sendable, CaseIterable {
    /// CLIP's symmetric cross-entropy.
    case softmax
    /// SigLIP's loss of pairs.
    case sigmoid
  }

  public var loss: Loss
  /// Names of parameters that stay as they are. No gradient is computed for them, nor through what depends on them alone.
  public var frozen: Set<String>

  public init(loss: Loss = .softmax, frozen: Set<String> = []) { (self.loss, self.frozen) = (loss, frozen) }

  /// The recipe by which a step of `TrainingInfo` was made.
  ///
  /// - Parameter parameters: the model's.
  public init(of step: Graph, parameters: some Sequence<String>) {
    let states = Set(step.states.map { step[$0].name })
    loss = step.nodes.contains { $0.op is SoftmaxCrossEntropyLoss } ? .softmax : .sigmoid
    frozen = Set(parameters).subtracting(states)
  }

  func lossOf(perImage: Tensor, perText: Tensor) -> Tensor {
    switch loss {
    case .softmax: perImage.contrastiveLoss(transposed: perText)
    case .sigmoid: perImage.sigmoidContrastiveLoss()
    }
  }
}
