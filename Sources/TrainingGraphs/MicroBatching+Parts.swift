import Graphs
import Operators

extension MicroBatching {
  /// Which nodes of a step belong to which part.
  struct Parts {
    /// Parameters' gradients, as the optimiser reads them.
    let gradients: [ValueID]
    /// Nodes between the embeddings and their gradients, and those that group the captions.
    let loss: Set<Int>
    /// Inputs of the step that the loss reads by itself: captions, of which it looks for identical ones.
    let lossInputs: [ValueID]
    /// Nodes behind the parameters' gradients.
    let optimizer: Set<Int>
    let addition: any Operator = Add()
    private let lossValues: Set<ValueID>
    private let batchValues: Set<ValueID>

    init(of step: Graph) {
      let embeddings = TrainingName.embeddings(in: step).compactMap { step.value(named: $0) }
      let seeds = TrainingName.embeddings(in: step).compactMap { step.value(named: TrainingName.embeddingGradient($0)) }
      let parameters = Set(step.states.map { TrainingName.gradient(step[$0].name) })
      gradients = step.values.indices.map { ValueID($0) }.filter { parameters.contains(step[$0].name) }
      let ends = Set(gradients)
      /// Nodes that depend on `sources` without passing through `stops`, and what they make.
      func following(_ sources: [ValueID], _ stops: Set<ValueID>) -> (nodes: Set<Int>, values: Set<ValueID>) {
        var values = Set(sources)
        var nodes: Set<Int> = []
        for (index, node) in step.nodes.enumerated() {
          guard node.inputs.contains(where: { $0.map { values.contains($0) && !stops.contains($0) } ?? false }) else {
            continue
          }
          nodes.insert(index)
          values.formUnion(node.outputs.compactMap { $0 })
        }
        return (nodes, values.subtracting(sources))
      }
      let grouping = step.nodes.indices.filter { step.nodes[$0].op is RowGroups }
      let groups = grouping.flatMap { step.nodes[$0].outputs.compactMap { $0 } }
      let backward = following(seeds, ends)
      let between = following(embeddings + groups, ends.union(seeds))
      loss = between.nodes.subtracting(backward.nodes).union(grouping)
      lossInputs = step.inputs.filter { input in grouping.contains { step.nodes[$0].inputs.contains(input) } }
      lossValues = between.values.subtracting(backward.values)
      optimizer = following(gradients, []).nodes
      // What the inputs give without the loss: embeddings, running statistics, and what follows the embeddings' gradients.
      batchValues = following(step.inputs + seeds, ends.union(embeddings)).values
    }

    /// Whether the loss alone decides a value, given the embeddings.
    func isOfLoss(_ value: ValueID) -> Bool { lossValues.contains(value) }

    /// Whether a value is made from a batch, other than through parameters' gradients.
    func readsBatch(_ value: ValueID) -> Bool { batchValues.contains(value) }
  }
}
