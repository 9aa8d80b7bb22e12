import Graphs
import Tensors

extension WireNode {
  /// A node in a form of the standard: attributes as the form spells them, constant inputs at their positions.
  ///
  /// - Parameter constant: gives the value that holds a constant input, by the input's name and content.
  init(
    spelling op: any Operator, as form: AnyONNXForm, name: String, inputs own: [String], outputs: [String],
    constant: (String, AttributeValue) throws(ONNXError) -> String
  ) throws(ONNXError) {
    let (attributes, constants) = form.encode(op)
    let names = Dictionary(form.constantInputs.map { ($0.position, $0.name) }) { first, _ in first }
    let last = constants.keys.max() ?? -1
    var inputs: [String] = []
    var rest = own[...]
    while !rest.isEmpty || inputs.count <= last {
      guard let role = names[inputs.count] else {
        inputs.append(rest.popFirst() ?? "")
        continue
      }
      if let value = constants[inputs.count] {
        inputs.append(try constant(role, value))
      } else {
        inputs.append("")
      }
    }
    while let last = inputs.last, last.isEmpty { inputs.removeLast() }
    var outputs = outputs
    while let last = outputs.last, last.isEmpty { outputs.removeLast() }
    self.init(
      name: name, domain: form.domain, type: form.name, inputs: inputs, outputs: outputs,
      attributes: attributes.map { WireAttribute(name: $0.0, content: .value($0.1)) })
  }
}
