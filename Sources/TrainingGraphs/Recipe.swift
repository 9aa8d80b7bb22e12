import CLIPModel
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
    let isSigmoid = step.nodes.contains { node in
      node.op is ProductSigmoidLoss || node.op is Softplus && node.name.hasPrefix("loss/")
    }
    loss = isSigmoid ? .sigmoid : .softmax
    frozen = Set(parameters).subtracting(states)
  }
}

/// What a loss compares.
enum Compared {
  case embeddings(TrainingEmbeddings)
  /// [N, N], as a graph gives them.
  case logits(Tensor)
}

extension Recipe.Loss {
  func tensor(_ compared: Compared) -> Tensor {
    switch (self, compared) {
    case (.softmax, .embeddings(let e)): return contrastiveLoss(image: e.image, text: e.text, scale: e.scale)
    case (.softmax, .logits(let logits)): return logits.contrastiveLoss()
    case (.sigmoid, .logits(let logits)): return logits.sigmoidContrastiveLoss()
    case (.sigmoid, .embeddings(let e)):
      return sigmoidLoss(image: e.image, text: e.text, scale: e.scale, bias: e.bias)
    }
  }
}
