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
    // Vectors of one extent of an input, and what is made of them without more ado.
    var extents: Set<ValueID> = []
    for index in order {
      let node = graph.nodes[index]
      let needed = node.outputs.first.flatMap { $0 }.flatMap { sources[$0] } ?? []
      func place(_ symbol: String) -> (input: ValueID, axis: Int)? {
        places[symbol]?.first { needed.contains($0.input) }
      }
      let isSettled: Bool
      switch node.op {
      case is ShapeOf:
        isSettled =
          node.inputs.allSatisfy { $0.map(inputs.contains) ?? true }
          && node.outputs.allSatisfy { $0.map { graph[$0].type.shape == [1] } ?? true }
        if isSettled { extents.formUnion(node.outputs.compactMap { $0 }) }
      case is Concat, is Squeeze:
        isSettled = node.inputs.allSatisfy { $0.map { extents.contains($0) || graph.constants[$0] != nil } ?? true }
      default: isSettled = false
      }
      guard !isSettled, node.outputs.count == 1, let output = node.outputs[0], rewriter.isAlive(index),
        graph[output].type.scalar == .int64, graph[output].type.shape.rank <= 1, let contents = graph[output].contents,
        contents.contains(where: { $0.constant == nil }),
        contents.allSatisfy({ $0.constant != nil || $0.symbolName.map { place($0) != nil } ?? false })
      else { continue }
      rewriter.rewrite(at: index, name) { site in
        var (parts, numbers) = ([Tensor](), [Int]())
        func close() {
          if !numbers.isEmpty { parts.append(site.builder.constant(numbers)) }
          numbers = []
        }
        for extent in contents {
          if let symbol = extent.symbolName, let place = place(symbol) {
            close()
            parts.append(Tensor(site.builder, place.input).dimension(place.axis))
          } else {
            numbers.append(extent.constant ?? 0)
          }
        }
        close()
        let vector = parts.count == 1 ? parts[0] : concatenated(parts, axis: 0)
        return site.replaced(by: graph[output].type.shape.rank == 0 ? vector.squeezed([0]) : vector)
      }
    }
  }
}
