import Graphs
import Tensors

extension Graph {
  /// The graph as it would be read back: nodes that are notation in a file (`WireSyntax`) are constants and second
  /// names.
  func withoutSyntax(opset: Int) -> Graph {
    var result = self
    result.nodes = []
    var renaming: [ValueID: ValueID] = [:]
    for node in nodes {
      guard let form = node.op.standardForm(in: opset), node.outputs.count == 1, let output = node.outputs[0] else {
        result.nodes.append(node)
        continue
      }
      switch WireSyntax(WireNode(domain: form.domain, type: form.name)) {
      case .identity:
        if let input = node.inputs.first, let input { renaming[output] = input } else { result.nodes.append(node) }
      case .constant:
        let attributes = form.encode(node.op).attributes.map { (name: $0.0, value: $0.1) }
        if let array = try? WireSyntax.numbers(of: attributes, at: node.name) {
          result.constants[output] = array
        } else {
          result.nodes.append(node)
        }
      case .sequence, nil: result.nodes.append(node)
      }
    }
    result.replaceUses(renaming)
    return result
  }
}
