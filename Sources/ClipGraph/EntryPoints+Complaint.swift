import CLIPModel
import Graphs

extension EntryPoints {
  /// Why the graph is no CLIP, or has no tower of this kind.
  func complaint(_ tower: Tower?) -> String {
    let inputs = graph.inputs.map { "\(graph[$0].name) \(graph[$0].type)" }.joined(separator: ", ")
    let outputs = graph.outputs.map { "\($0.name) \(graph[$0.value].type)" }.joined(separator: ", ")
    let wanted =
      switch tower {
      case .image: "pictures [batch, 3, height, width] with features [batch, width]"
      case .text: "captions [batch, tokens] with features [batch, width]"
      case nil: "pictures [batch, 3, height, width] or captions [batch, tokens] with features [batch, width]"
      }
    return "takes no \(wanted): its inputs are \(inputs), its outputs \(outputs); `clipgraph run` runs any graph"
  }
}
