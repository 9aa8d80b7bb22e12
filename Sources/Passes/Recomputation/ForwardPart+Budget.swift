import Graphs

extension ForwardPart {
  /// A node that takes many operations, and what of its results has to be kept so that it need not run again.
  private struct Product {
    var node: Int
    var values: [ValueID]
    var byteCount: Int
    /// Operations by byte.
    var intensity: Double
  }

  /// What is kept, and the results of products, convolutions and attention that take most operations for their size.
  ///
  /// They come in one order, whatever the budget, until one does not fit: a larger budget keeps all that a smaller one
  /// does.
  /// - Parameters:
  ///   - kept: values that are kept anyway.
  ///   - budget: bytes that may be kept beside them.
  func keeping(_ kept: Set<ValueID>, andProductsWithin budget: Int) -> Set<ValueID> {
    guard budget > 0 else { return kept }
    var (kept, left) = (kept, budget)
    var repeated = repeatedNodes(keeping: kept)
    for product in products(repeated, keeping: kept) where repeated.contains(product.node) {
      guard product.byteCount <= left else { break }
      kept.formUnion(product.values)
      left -= product.byteCount
      // What led to it alone is not repeated any more.
      repeated = repeatedNodes(keeping: kept)
    }
    return kept
  }

  /// Forward nodes that backward runs again when it keeps these values. Activations that are computed from a kept
  /// source are not among them.
  func repeatedNodes(keeping kept: Set<ValueID>) -> Set<Int> {
    var found: Set<Int> = []
    var pending = Array(needed)
    while let value = pending.popLast() {
      guard let index = producer(of: value), !found.contains(index), !kept.contains(value) else { continue }
      if let (_, source) = activation(of: value), kept.contains(source) { continue }
      found.insert(index)
      pending += graph.nodes[index].inputs.compactMap { $0 }
    }
    return found
  }

  /// The most operations for a byte come first; of as many, the smallest; of as large, the last, which is kept least
  /// long.
  private func products(_ repeated: Set<Int>, keeping kept: Set<ValueID>) -> [Product] {
    let found = repeated.compactMap { index -> Product? in
      let node = graph.nodes[index]
      guard Self.isHeavy(node.op), let operations = operations(of: node) else { return nil }
      var values = node.outputs.compactMap { $0 }.filter { value in
        guard !kept.contains(value) else { return false }
        return needed.contains(value) || readers[value, default: []].contains(where: repeated.contains)
      }
      if let first = node.outputs.first, let first, let (_, source) = activation(of: first) { values = [source] }
      let byteCount = values.reduce(0) { $0 + self.byteCount($1) }
      guard byteCount > 0 else { return nil }
      return Product(node: index, values: values, byteCount: byteCount, intensity: operations / Double(byteCount))
    }
    return found.sorted { a, b in
      if a.intensity != b.intensity { return a.intensity > b.intensity }
      return a.byteCount != b.byteCount ? a.byteCount < b.byteCount : a.node > b.node
    }
  }
}
