import Graphs
import Tensors

extension ForwardPart {
  /// A tower: the forward nodes that depend on one input of the graph (or on integers alone), in order.
  private struct Tower {
    var nodes: [Int] = []
  }

  /// Where all that a tower computes passes through one value.
  private struct Bottleneck {
    /// Position in the tower, behind the node that makes it.
    var position: Int
    var value: ValueID
  }

  /// Values that backward keeps when it computes whole blocks again.
  ///
  /// Of a tower's bottlenecks as many are kept as make what is kept, and the largest part between two of them, smallest
  /// together. What several towers make together is kept, as is all that is small. The part behind the last bottleneck of
  /// the tower that ends last is kept, too: backward begins with it.
  func keptBetweenBlocks() -> Set<ValueID> {
    var kept = Set(graph.roots)
    var towers: [ValueID: Tower] = [:]
    var origins: [ValueID: Set<ValueID>] = [:]
    // Integers go with each other: identifiers of tokens, and where they lie.
    let integers = graph.inputs.first { graph[$0].type.scalar.isInteger }
    for input in graph.inputs {
      origins[input] = [graph[input].type.scalar.isInteger ? integers ?? input : input]
    }
    for (index, node) in graph.nodes.enumerated() where contains(node: index) {
      let origin = node.inputs.reduce(into: Set<ValueID>()) { found, input in
        if let input { found.formUnion(origins[input] ?? []) }
      }
      for case let output? in node.outputs {
        origins[output] = origin
        if isSmall(output) || !Self.isRepeatable(node.op) { kept.insert(output) }
      }
      if let input = origin.first, origin.count == 1 {
        towers[input, default: Tower()].nodes.append(index)
      } else {
        kept.formUnion(node.outputs.compactMap { $0 })
      }
    }
    let last = towers.values.compactMap { $0.nodes.last }.max()
    for tower in towers.values {
      let cuts = chosen(bottlenecks(of: tower), in: tower)
      kept.formUnion(cuts.map(\.value))
      guard tower.nodes.last == last, let cut = cuts.last else { continue }
      for index in tower.nodes[cut.position...] { kept.formUnion(graph.nodes[index].outputs.compactMap { $0 }) }
    }
    return kept
  }

  private func bottlenecks(of tower: Tower) -> [Bottleneck] {
    let inside = Set(tower.nodes)
    var unread: [ValueID: Int] = [:]
    var found: [Bottleneck] = []
    for (position, index) in tower.nodes.enumerated() {
      for case let input? in Set(graph.nodes[index].inputs) {
        guard let count = unread[input] else { continue }
        unread[input] = count == 1 ? nil : count - 1
      }
      for case let output? in graph.nodes[index].outputs where !isSmall(output) {
        let all = readers[output, default: []]
        let count = all.filter { inside.contains($0) }.count + (all.contains { !inside.contains($0) } ? 1 : 0)
        if count > 0 { unread[output] = count }
      }
      if unread.count == 1, let value = unread.first?.key {
        // A value that waits is behind the node that made it, and is the same bottleneck all the while.
        if found.last?.value != value { found.append(Bottleneck(position: position + 1, value: value)) }
      }
    }
    return found
  }

  /// Bytes that the nodes of a stretch make.
  private func bytes(_ tower: Tower, _ stretch: Range<Int>) -> Int {
    tower.nodes[stretch].reduce(0) { sum, index in
      graph.nodes[index].outputs.reduce(sum) { $0 + ($1.map(byteCount) ?? 0) }
    }
  }

  private func chosen(_ bottlenecks: [Bottleneck], in tower: Tower) -> [Bottleneck] {
    let total = bytes(tower, tower.nodes.indices)
    var best: (cuts: [Bottleneck], bytes: Int) = ([], total)
    for parts in [2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64] {
      var cuts: [Bottleneck] = []
      var (start, largest, keeping) = (0, 0, 0)
      for cut in bottlenecks where bytes(tower, start..<cut.position) >= total / parts {
        largest = max(largest, bytes(tower, start..<cut.position))
        keeping += byteCount(cut.value)
        start = cut.position
        cuts.append(cut)
      }
      largest = max(largest, bytes(tower, start..<tower.nodes.count))
      if keeping + largest < best.bytes { best = (cuts, keeping + largest) }
    }
    return best.cuts
  }
}
