import Graphs
import Tensors

/// Which outputs of a graph hold features, by what they depend on, and by name where there are several.
struct OutputRoles {
  private(set) var image: Graph.Output?
  private(set) var text: Graph.Output?
  /// Logits [images, texts].
  private(set) var logits: Graph.Output?
  /// Outputs that depend on pictures and on captions.
  private(set) var joint: [String] = []
  private(set) var assumptions: [Assumption] = []

  var hasJoint: Bool { !joint.isEmpty }

  init(_ graph: Graph, _ inputs: InputRoles, _ dependence: [ValueID: Set<ValueID>]) {
    var (images, texts, both) = ([Graph.Output](), [Graph.Output](), [Graph.Output]())
    for output in graph.outputs {
      let needed = dependence[output.value] ?? []
      let (needsImage, needsText) = (
        inputs.image.map(needed.contains) ?? false, inputs.text.map(needed.contains) ?? false
      )
      if needsImage && needsText { both.append(output) }
      let type = graph[output.value].type
      guard type.shape.rank == 2, type.scalar.isFloat, OutputRoles.rank(output.name) != nil else { continue }
      if needsImage && !needsText { images.append(output) }
      if needsText && !needsImage { texts.append(output) }
    }
    joint = both.map(\.name)
    logits = OutputRoles.logits(both, graph, inputs)
    image = choose(images, "image features")
    text = choose(texts, "text features")
  }

  private mutating func choose(_ candidates: [Graph.Output], _ subject: String) -> Graph.Output? {
    func rank(_ output: Graph.Output) -> Int { OutputRoles.rank(output.name) ?? .max }
    guard let best = candidates.min(by: { rank($0) < rank($1) }) else { return nil }
    if rank(best) > 1 || candidates.filter({ rank($0) == rank(best) }).count > 1 {
      let others = candidates.map(\.name).filter { $0 != best.name }
      assumptions.append(
        Assumption(
          subject, best.name,
          from: others.isEmpty ? "the only output of that kind" : "there are also \(others.joined(separator: ", "))"))
    }
    return best
  }

  /// How likely an output of this name holds features, 0 the most; nil for what is none.
  private static func rank(_ name: String) -> Int? {
    let name = name.lowercased()
    if ["logit", "prob", "score", "top_"].contains(where: name.contains) { return nil }
    let isInner = name.contains("hidden") || name.contains("layer")
    if ["image_features", "text_features", "image_embeds", "text_embeds"].contains(name) { return 0 }
    if !isInner && (name.contains("embed") || name.contains("feature")) { return 1 }
    if name.contains("pool") { return 3 }
    return isInner ? 4 : 2
  }

  /// The logits that have a row for every picture.
  private static func logits(_ both: [Graph.Output], _ graph: Graph, _ inputs: InputRoles) -> Graph.Output? {
    guard let image = inputs.image, let text = inputs.text else { return nil }
    let (images, texts) = (graph[image].type.shape[0], graph[text].type.shape[0])
    let fitting = both.filter { output in
      let type = graph[output.value].type
      guard type.shape.rank == 2, type.scalar.isFloat, !output.name.lowercased().contains("prob") else { return false }
      return output.name.contains("per_image") || (type.shape == Shape([images, texts]) && images != texts)
    }
    return fitting.first
  }
}
