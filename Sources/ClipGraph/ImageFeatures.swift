import Graphs
import Operators
import Tensors

/// Which numbers of the image tower are its features.
public enum ImageFeatures: String, Hashable, Sendable, CaseIterable {
  /// The joint embedding, which captions are compared with.
  case embedding
  /// As linear probes are fitted: before the projection of a ViT that has one, else the embedding (Radford et al. 2021,
  /// appendix A.3; a ResNet's attention pooling ends in its embedding).
  case automatic = "auto"
  /// What the last product projects into the joint embedding: of a ViT, the class token after the last normalisation.
  case beforeProjection = "before-projection"
}

extension EntryPoints {
  /// Whether the image tower convolves more than its patches, as a ResNet does.
  public var isConvolutional: Bool {
    guard let image, let end = graph.outputs.first(where: { $0.name == image.output })?.value else { return false }
    let producers = graph.producers
    var (open, seen, convolutions) = ([end], Set<ValueID>(), 0)
    while let value = open.popLast() {
      guard seen.insert(value).inserted, let index = producers[value] else { continue }
      if graph.nodes[index].op is Conv { convolutions += 1 }
      open += graph.nodes[index].inputs.compactMap { $0 }
    }
    return convolutions > 1
  }

  /// The points of the image tower alone, with what the projection into the joint embedding is given as its output; nil where
  /// the tower does not end in a projection, a normalisation behind it aside.
  public var beforeProjection: EntryPoints? {
    guard let image, let input = graph.inputs.first(where: { graph[$0].name == image.input }),
      let end = graph.outputs.first(where: { $0.name == image.output })?.value
    else { return nil }
    let (producers, dependence) = (graph.producers, graph.inputDependence(graph.nodes.indices))
    func isPicture(_ id: ValueID) -> Bool { dependence[id]?.contains(input) ?? (id == input) }
    var value = end
    while let index = producers[value] {
      let node = graph.nodes[index]
      let data = node.inputs.compactMap { $0 }.filter(isPicture)
      guard let first = data.first, data.count == 1 || node.op is Div || node.op is Mul else { return nil }
      if node.op is MatMul || node.op is Linear || node.op is Gemm {
        guard data.count == 1, graph[first].type.shape.rank == 2 else { return nil }
        let builder = GraphBuilder(extending: graph)
        var name = image.output + "_before_projection"
        while graph.outputs.contains(where: { $0.name == name }) { name += "_" }
        builder.output(name, Tensor(builder, first))
        guard let extended = try? builder.finish() else { return nil }
        var result = self
        (result.graph, result.isBeforeProjection) = (extended, true)
        return result.keeping(
          .image,
          Entry(
            input: image.input, inputType: image.inputType, output: name, outputType: graph[first].type))
      }
      value = first
    }
    return nil
  }
}
