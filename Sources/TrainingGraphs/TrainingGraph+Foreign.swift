import CLIPModel
import Foundation
import Graphs
import Operators
import Tensors

extension TrainingInfo {
  /// Where a graph of any origin says how alike pictures and captions are.
  public enum Similarity {
    /// Logits [images, texts].
    case logits(ValueID)
    /// Features [N, E] of both, normalised or not. Their cosines are multiplied with e to the power of `logScale`, a scalar
    /// of the graph, or with `scale`, a new parameter where it has none.
    case features(image: ValueID, text: ValueID, logScale: ValueID?)
  }

  /// The scale with which training from scratch begins: ln(1 / 0.07) (Radford et al. 2021, section 2.4).
  public static let initialLogScale = Float(log(1 / 0.07))

  /// The algorithm that trains a graph as it stands: contrastive loss, gradients, AdamW, schedule and clamp. It has no
  /// `initialization`, and batch normalisation stays with its statistics.
  ///
  /// - Parameters:
  ///   - captions: the input of tokens [N, length]; needed where identical captions are positives.
  ///   - parameters: constants of the graph that are trained; those that the loss does not depend on stay.
  /// - Throws: `BuildError` where an operator on the way has no gradient.
  public static func contrastive(
    training graph: Graph, _ similarity: Similarity, captions: ValueID? = nil, parameters: [ValueID],
    _ hyperparameters: Hyperparameters, recipe: Recipe
  ) throws(BuildError) -> TrainingInfo {
    var graph = graph
    // What is trained is no number to compute with.
    for id in parameters { graph[id].contents = nil }
    let builder = GraphBuilder(extending: graph)
    var trained = parameters.map { Tensor(builder, $0) }
    let compared: Compared
    switch similarity {
    case .logits(let id): compared = .logits(Tensor(builder, id))
    case .features(let image, let text, let logScale):
      let logarithm: Tensor
      if let logScale {
        logarithm = Tensor(builder, logScale)
      } else {
        logarithm = builder.state("logit_scale", NDArray(initialLogScale))
        trained.append(logarithm)
      }
      compared = builder.scoped("logits") {
        .embeddings(
          TrainingEmbeddings(
            image: Tensor(builder, image).normalised(), text: Tensor(builder, text).normalised(),
            scale: logarithm.exp()))
      }
    }
    return TrainingInfo(step: try builder.trainingStep(compared, captions: captions, trained, hyperparameters, recipe))
  }
}
