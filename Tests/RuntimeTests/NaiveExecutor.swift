import Graphs
import Tensors

@testable import Runtime

/// Runs a bound graph node by node, in the graph's own order, every value in memory of its own.
struct NaiveExecutor {
  let graph: Graph
  var states: [ValueID: NDArray] = [:]

  init(_ graph: Graph) {
    self.graph = graph
    for update in graph.updates { states[update.state] = graph.constants[update.state] }
  }

  /// Outputs by name; the states move on.
  mutating func step(_ inputs: [String: NDArray]) throws -> [String: NDArray] {
    var values: [ValueID: NDArray] = graph.constants.merging(states) { $1 }
    for id in graph.inputs { values[id] = inputs[graph[id].name] }
    for node in graph.nodes {
      func slot(_ id: ValueID?) -> CallSite.Slot? {
        id.map { CallSite.Slot(scalar: graph[$0].type.scalar, sizes: graph[$0].type.shape.sizes ?? []) }
      }
      let kernel = try node.op.bind(
        CallSite(inputs: node.inputs.map(slot), outputs: node.outputs.map(slot), threads: 1))
      for case let output? in node.outputs {
        values[output] = try NDArray(zeros: graph[output].type.scalar, graph[output].type.shape.sizes ?? [])
      }
      if let source = kernel.viewOf, let input = node.inputs[source], let output = node.outputs[0],
        let array = values[input]
      {
        values[output] = try array.copied().reshaped(graph[output].type.shape.sizes ?? [])
        continue
      }
      var table = (node.inputs + node.outputs).map { $0.flatMap { values[$0]?.address } }
      let scratch = Storage(byteCount: kernel.scratch)
      table.append(nil)
      table.withUnsafeBufferPointer { table in
        guard let base = table.baseAddress else { return }
        kernel.run(Buffers(table: base, inputCount: node.inputs.count, scratch: scratch.base))
      }
    }
    var results: [String: NDArray] = [:]
    for output in graph.outputs { results[output.name] = values[output.value]?.copied() }
    for update in graph.updates { states[update.state] = values[update.value]?.copied() }
    return results
  }
}
