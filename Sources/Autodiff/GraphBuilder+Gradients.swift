import Graphs
import Operators
import Tensors

extension GraphBuilder {
  /// Gradients of a scalar with respect to `parameters`, by reverse mode: graph → graph.
  ///
  /// nil where `loss` does not depend on the parameter. Gradient nodes live below `gradient/` and bear the path of the node
  /// that they differentiate.
  public func gradients(of loss: Tensor, withRespectTo parameters: [Tensor]) -> [Tensor?] {
    guard let lossID = loss.id else { return parameters.map { _ in Tensor(self, nil) } }
    guard loss.shape.elementCount == 1, loss.scalar.isFloat else {
      record(.type, at: loss.name, "is \(loss.type): only a floating-point scalar has a gradient")
      return parameters.map { _ in Tensor(self, nil) }
    }
    return scoped("gradient") {
      let seed = constant(NDArray([Float(1)], loss.shape.sizes ?? []))
      let reverse = ReverseMode(builder: self, nodes: graph.nodes)
      let found = reverse.run(seeds: [lossID: seed], wanted: Set(parameters.compactMap(\.id)))
      return parameters.map { parameter in parameter.id.flatMap { found[$0] } }
    }
  }
}

/// Walks nodes backwards and carries gradients from their outputs to their inputs.
struct ReverseMode {
  let builder: GraphBuilder
  /// In topological order; only these are differentiated.
  let nodes: [Node]

  /// - Parameters:
  ///   - seeds: gradients of some values.
  ///   - wanted: values whose gradients are asked for.
  func run(seeds: [ValueID: Tensor], wanted: Set<ValueID>) -> [ValueID: Tensor] {
    let needed = dependents(of: wanted)
    var gradients = seeds
    for node in nodes.reversed() {
      let outputs = node.outputs
      guard outputs.contains(where: { $0.map { gradients[$0] != nil && needed.contains($0) } ?? false }) else {
        continue
      }
      let pullback = Pullback(
        inputs: node.inputs.map { $0.map { Tensor(builder, $0) } },
        outputs: outputs.map { Tensor(builder, $0) },
        seeds: outputs.map { $0.flatMap { gradients[$0] } },
        wanted: node.inputs.map { $0.map(needed.contains) ?? false },
        differentiateDefinition: differentiate)
      let flow = builder.scoped(node.name) { node.op.gradient(pullback) }
      for (input, gradient) in zip(node.inputs, flow) {
        guard let input, let gradient, needed.contains(input) else { continue }
        if let sum = gradients[input] {
          gradients[input] = builder.scoped(builder.graph[input].name) { sum + gradient }
        } else {
          gradients[input] = gradient
        }
      }
    }
    return gradients
  }

  /// The values of floating-point type that depend on `wanted`, themselves included.
  private func dependents(of wanted: Set<ValueID>) -> Set<ValueID> {
    var found = wanted
    for node in nodes where node.inputs.contains(where: { $0.map(found.contains) ?? false }) {
      for case let output? in node.outputs where builder.graph[output].type.scalar.isFloat { found.insert(output) }
    }
    return found
  }

  /// The default gradient of a composite: its definition is written out again and differentiated.
  private func differentiate(_ op: any Operator, _ p: Pullback) -> [Tensor?] {
    let before = builder.graph.nodes.count
    guard let results = op.definition(p.inputs) else {
      builder.record(.unsupported, at: builder.path, "\(op.name) has neither a gradient nor a definition")
      return p.inputs.map { _ in Tensor(builder, nil) }
    }
    var seeds: [ValueID: Tensor] = [:]
    for (result, seed) in zip(results, p.seeds) {
      guard let id = result.id, let seed else { continue }
      seeds[id] = seeds[id].map { $0 + seed } ?? seed
    }
    let wanted = Set(zip(p.inputs, p.wanted).compactMap { $1 ? $0?.id : nil })
    let inner = ReverseMode(builder: builder, nodes: Array(builder.graph.nodes[before...]))
    let found = inner.run(seeds: seeds, wanted: wanted)
    return p.inputs.map { $0?.id.flatMap { found[$0] } }
  }
}
