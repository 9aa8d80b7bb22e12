import CLIPModel
import Graphs
import Tensors
import TrainingGraphs

extension Model {
  /// The model for another image size or context length, declared anew with its own weights. A training algorithm is declared
  /// anew as well, by the same recipe with the same hyper-parameters: its optimiser starts at step 0, and
  /// its `initialization` draws with the seed 0.
  ///
  /// - Parameter place: names the model in errors.
  /// - Throws: `ClipGraphError` for models that were not exported by this library, and sizes that do not fit.
  public func resized(_ resizing: Resizing, place: String = "model") throws(ClipGraphError) -> Model {
    guard var metadata = try explaining(place, { try CLIPMetadata(of: self) }) else {
      throw ClipGraphError(
        place, "does not say which CLIP it is, so it cannot be resized: it was not exported by clipgraph")
    }
    let configuration = metadata.configuration
    metadata.configuration = try explaining(place) { try resizing.applied(to: configuration) }
    var constants: [String: NDArray] = [:]
    for (id, array) in graph.constants { constants[graph[id].name] = array }
    let source = resizing.source({ name, _ in constants[name] }, of: configuration)
    let towers = Set(graph.outputs.map(\.name))
    let tower: Tower? = !towers.contains("image_features") ? .text : !towers.contains("text_features") ? .image : nil
    let resized = metadata.configuration
    var result = Model(graph: try explaining(place) { try Graph.clip(resized, tower: tower, source: source) })
    if let training {
      guard let hyperparameters = Hyperparameters(of: training.step) else {
        throw ClipGraphError(
          place, "has a training algorithm that clipgraph did not write; it cannot be declared for another size")
      }
      let names = TrainingInfo.parameters(of: graph).map { graph[$0].name }
      let recipe = Recipe(of: training.step, parameters: names)
      result.training = try explaining(place) {
        try TrainingInfo.contrastive(training: result.graph, resized, hyperparameters, recipe: recipe, seed: 0)
      }
    }
    result.documentation = documentation
    result.metadata = metadata.entries
    let known = Set(result.metadata.map(\.key))
    result.metadata += self.metadata.filter { !known.contains($0.key) }
    return result
  }
}
