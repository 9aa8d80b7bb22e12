import CLIPModel
import Graphs
import Passes
import Tensors

extension EntryPoints {
  /// The points of the graph for captions of any length up to its own, where nothing behind the token that is read changes
  /// the features: as the model's own metadata say, or where `CausalCut` proves it.
  ///
  /// - Parameter assets: of the same file.
  public func cuttingCaptions(_ assets: ModelAssets) -> EntryPoints {
    var result = self
    guard let text else { return self }
    if let pooling = assets.pooling {
      result.pooling = pooling
      return result
    }
    let names = [image?.output, text.output, logits].compactMap { $0 }
    guard companions.isEmpty, text.inputType.shape[1].constant != nil,
      let graph = try? graph.selecting(outputs: names, updates: false),
      let cut = CausalCut(graph, input: text.input),
      let input = cut.graph.inputs.first(where: { cut.graph[$0].name == text.input })
    else { return self }
    result.graph = cut.graph
    result.text = Entry(
      input: text.input, inputType: cut.graph[input].type, output: text.output, outputType: text.outputType)
    result.pooling = cut.place.pooling
    return result
  }

  /// Captions [captions, length] without the columns that `pooling` shows to be unread.
  public func withoutUnread(_ tokens: NDArray) -> NDArray {
    guard let pooling, let ends = CaptionLengths.ends(tokens, pooling) else { return tokens }
    return tokens.columns(upTo: CaptionLengths.rounded((ends.max() ?? 0) + 1, limit: tokens.sizes[1]))
  }
}

extension CausalCut.Place {
  /// As a model's metadata name it.
  var pooling: CLIPConfiguration.TextPooling {
    switch self {
    case .largest: .argmax
    case .first(let token): .endOfText(token)
    }
  }
}
