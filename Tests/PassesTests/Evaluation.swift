import Graphs
import Tensors

@testable import Passes

/// Runs graphs node by node, with fresh memory for everything: the reference for what a pass may not change.
enum Evaluation {
  struct Missing: Error { let name: String }

  /// The outputs, and the new values of states, by name.
  static func run(_ graph: Graph, _ inputs: [String: NDArray]) throws -> [String: NDArray] {
    var bindings: [String: Int] = [:]
    for id in graph.inputs {
      guard let array = inputs[graph[id].name] else { throw Missing(name: graph[id].name) }
      for (extent, size) in zip(graph[id].type.shape.dimensions, array.sizes) {
        if let symbol = extent.symbolName { bindings[symbol] = size }
      }
    }
    let bound = try graph.bound(bindings)
    var values = bound.constants
    for id in bound.inputs { values[id] = inputs[bound[id].name] }
    for node in bound.nodes {
      let operands = try node.inputs.map { id throws -> NDArray? in
        guard let id else { return nil }
        guard let array = values[id] else { throw Missing(name: bound[id].name) }
        return array
      }
      let trimmed = Array(node.outputs.prefix { $0 != nil })
      let results = try node.op.evaluated(on: operands, outputs: trimmed.map { $0.map { bound[$0] } }, limit: .max)
      for (output, result) in zip(trimmed, results) { if let output { values[output] = result } }
    }
    let asked = bound.outputs.map { ($0.name, $0.value) } + bound.updates.map { (bound[$0.state].name, $0.value) }
    return Dictionary(
      uniqueKeysWithValues: try asked.map { name, value in
        guard let array = values[value] else { throw Missing(name: name) }
        return (name, array)
      })
  }

  /// The largest difference between what two graphs give.
  static func difference(_ before: Graph, _ after: Graph) throws -> Float {
    let inputs = before.exampleInputs()
    let (a, b) = try (run(before, inputs), run(after, inputs))
    guard Set(a.keys) == Set(b.keys) else { return .infinity }
    return a.reduce(0) { largest, entry in b[entry.key].map { max(largest, difference(entry.value, $0)) } ?? .infinity }
  }

  /// The largest difference of two float arrays, relative to the largest number; infinite where shapes differ.
  static func difference(_ a: NDArray, _ b: NDArray) -> Float {
    guard a.type == b.type else { return .infinity }
    if !a.scalar.isFloat { return a == b ? 0 : .infinity }
    let (x, y) = (a.values(as: Float.self), b.values(as: Float.self))
    let scale = x.reduce(1e-6) { max($0, abs($1)) }
    return zip(x, y).reduce(0) { max($0, abs($1.0 - $1.1)) } / scale
  }
}

/// Numbers that look random and are always the same.
struct Noise {
  var state: UInt64 = 42

  mutating func next() -> Float {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Float(state >> 40) / Float(1 << 24) - 0.5
  }

  mutating func array(_ sizes: [Int]) -> NDArray {
    NDArray((0..<sizes.reduce(1, *)).map { _ in next() }, sizes)
  }
}

extension Graph {
  /// Names of the operators in order.
  var operators: [String] { nodes.map(\.op.name) }

  func count(_ name: String) -> Int { operators.count { $0 == name } }

  /// Builds a graph with a source of numbers for its weights.
  static func example(_ body: (GraphBuilder, inout Noise) -> Void) throws -> Graph {
    var noise = Noise()
    return try Graph.build("example") { body($0, &noise) }
  }

  /// Numbers for every input; symbols are bound to small extents.
  func exampleInputs() -> [String: NDArray] {
    var noise = Noise(state: 7)
    let extents = ["batch": 2, "sequence": 5]
    return Dictionary(
      uniqueKeysWithValues: inputs.map { id in
        let sizes = self[id].type.shape.bound(extents).sizes ?? []
        if self[id].type.scalar == .int64 {
          return (self[id].name, NDArray((0..<sizes.reduce(1, *)).map { Int64(($0 * 7 + 3) % 11) }, sizes))
        }
        return (self[id].name, noise.array(sizes))
      })
  }
}
