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

  /// Which captions of a batch belong to a picture, and which pictures to a caption.
  public enum Positives: String, Hashable, Sendable, CaseIterable {
    /// Its own.
    case pair
    /// All whose captions are the same, token by token. Where equal captions have equal embeddings, the softmax loss and its
    /// gradients are those of `pair`, but for rounding.
    case caption
  }

  public var loss: Loss
  public var positives: Positives
  /// Names of parameters that stay as they are. No gradient is computed for them, nor through what depends on them alone.
  public var frozen: Set<String>

  public init(loss: Loss = .softmax, positives: Positives = .pair, frozen: Set<String> = []) {
    (self.loss, self.positives, self.frozen) = (loss, positives, frozen)
  }

  /// The recipe by which a step of `TrainingInfo` was made.
  ///
  /// - Parameter parameters: the model's.
  public init(of step: Graph, parameters: some Sequence<String>) {
    let states = Set(step.states.map { step[$0].name })
    let isSigmoid = step.nodes.contains { node in
      node.op is ProductSigmoidLoss || node.op is Softplus && node.name.hasPrefix("loss/")
    }
    loss = isSigmoid ? .sigmoid : .softmax
    positives = step.nodes.contains { $0.op is RowGroups } ? .caption : .pair
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
  /// - Parameter groups: int64 [N], what pairs are positives of each other; nil where none are.
  func tensor(_ compared: Compared, groups: Tensor?) -> Tensor {
    switch (self, compared) {
    case (.softmax, .embeddings(let e)):
      return contrastiveLoss(image: e.image, text: e.text, scale: e.scale, groups: groups)
    case (.softmax, .logits(let logits)): return logits.contrastiveLoss(groups: groups)
    case (.sigmoid, .logits(let logits)): return logits.sigmoidContrastiveLoss(groups: groups)
    case (.sigmoid, .embeddings(let e)):
      return sigmoidLoss(image: e.image, text: e.text, scale: e.scale, bias: e.bias, groups: groups)
    }
  }
}
