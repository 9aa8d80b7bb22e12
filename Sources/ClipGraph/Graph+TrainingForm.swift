import Graphs
import Passes
import Tensors

extension Graph {
  /// The graph with its outputs once more, made below `training/` by operators that have gradients of their own: attention,
  /// normalisations and activations as a graph of any origin spells them are recognised, and what they work on in between
  /// needs neither memory nor gradients.
  ///
  /// A file holds inference and training as one: its step begins with the nodes of inference.
  ///
  /// - Parameter parameters: names of constants that stay as they are, because training moves them.
  /// - Returns: the longer graph, and its new results by the names of outputs.
  func withTrainingForm(
    keeping parameters: Set<String>
  ) throws(GraphError) -> (graph: Graph, results: [String: ValueID]) {
    let form = try recognised(keeping: parameters)
    var result = self
    var names = Set(values.map(\.name))
    var known: [String: ValueID] = [:]
    for id in inputs + constants.keys.sorted() { known[self[id].name] = id }
    var own: [ValueID: ValueID] = [:]
    func add(_ id: ValueID, _ name: String) {
      var value = form[id]
      value.name = name
      while !names.insert(value.name).inserted { value.name += "_" }
      own[id] = result.addValue(value)
    }
    for id in form.inputs { own[id] = known[form[id].name] }
    for (id, array) in form.constants.sorted(by: { $0.key < $1.key }) {
      if let same = known[form[id].name], let numbers = constants[same],
        numbers.type == array.type, parameters.contains(form[id].name) || numbers.address == array.address
      {
        own[id] = same
      } else {
        add(id, "training/\(form[id].name)")
        own[id].map { result.constants[$0] = array }
      }
    }
    let outputs = Dictionary(form.outputs.map { ($0.value, $0.name) }) { first, _ in first }
    for node in form.nodes {
      for case let output? in node.outputs {
        add(output, outputs[output].map { "training.\($0)" } ?? "training/\(form[output].name)")
      }
      var node = node
      node.name = "training/\(node.name)"
      node.inputs = node.inputs.map { $0.flatMap { own[$0] } }
      node.outputs = node.outputs.map { $0.flatMap { own[$0] } }
      result.nodes.append(node)
    }
    try result.verify()
    return (
      result, Dictionary(form.outputs.compactMap { output in own[output.value].map { (output.name, $0) } }) { $1 }
    )
  }

  private func recognised(keeping parameters: Set<String>) throws(GraphError) -> Graph {
    var moving = self
    let states = constants.keys.sorted().filter { parameters.contains(self[$0].name) }
    for id in states { moving[id].contents = nil }
    moving.updates = states.map { Update(state: $0, value: $0) }
    var form = try Pipeline.differentiable.run(moving)
    form.updates = []
    return form
  }
}
