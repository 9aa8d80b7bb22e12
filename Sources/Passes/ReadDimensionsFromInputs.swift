import Graphs
import Operators
import Tensors

/// Extents that are read off the shape of some value on the way are read off the graph's inputs instead: off one that the value
/// depends on anyway, so that no output comes to need an input that it did not. Then no shape keeps an inner value of a fusion
/// alive, and equal extents are one value.
public struct ReadDimensionsFromInputs: Pass {
  public init() {}

  public func run(on rewriter: Rewriter) throws(GraphError) {
    let graph = rewriter.graph
    var places: [String: [(input: ValueID, axis: Int)]] = [:]
    for input in graph.inputs {
      for (axis, extent) in graph[input].type.shape.dimensions.enumerated() {
        if let symbol = extent.symbolName { places[symbol, default: []].append((input, axis)) }
      }
    }
    let order = try rewriter.order()
    let sources = graph.inputDependence(order)
    let inputs = Set(graph.inputs)
    // Values that depend on graph inputs and constants alone through nothing but their extents.
    var settled: Set<ValueID> = []
    for index in order {
      let node = graph.nodes[index]
      let needed = node.outputs.first.flatMap { $0 }.flatMap { sources[$0] } ?? []
      func place(_ symbol: String) -> (input: ValueID, axis: Int)? {
        places[symbol]?.first { needed.contains($0.input) }
      }
      let isSettled =
        node.op is ShapeOf
        ? node.inputs.allSatisfy { $0.map(inputs.contains) ?? true }
        : node.inputs.allSatisfy { $0.map { settled.contains($0) || graph.constants[$0] != nil } ?? true }
      if isSettled { for case let output? in node.outputs { settled.insert(output) } }
      guard !isSettled, node.outputs.count == 1, let output = node.outputs[0], rewriter.isAlive(index),
        graph[output].type.scalar == .int64, graph[output].type.shape.rank <= 1, let contents = graph[output].contents,
        contents.contains(where: { $0.constant == nil }),
        contents.allSatisfy({ $0.constant != nil || $0.symbolName.map { place($0) != nil } ?? false })
      else { continue }
      rewriter.rewrite(at: index, name) { site in
        let parts = contents.map { extent -> Tensor in
          guard let symbol = extent.symbolName, let place = place(symbol) else {
            return site.builder.constant([extent.constant ?? 0])
          }
          return Tensor(site.builder, place.input).dimension(place.axis)
        }
        let vector = parts.count == 1 ? parts[0] : concatenated(parts, axis: 0)
        return site.replaced(by: graph[output].type.shape.rank == 0 ? vector.squeezed([0]) : vector)
      }
    }
  }
}
