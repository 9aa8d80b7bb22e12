import Graphs

extension Graph {
  /// The graph inputs that every value depends on, for nodes visited in `order`.
  public func inputDependence(_ order: some Sequence<Int>) -> [ValueID: Set<ValueID>] {
    var found: [ValueID: Set<ValueID>] = Dictionary(uniqueKeysWithValues: inputs.map { ($0, [$0]) })
    for index in order {
      var needed: Set<ValueID> = []
      for case let input? in nodes[index].inputs { if let more = found[input] { needed.formUnion(more) } }
      for case let output? in nodes[index].outputs { found[output] = needed }
    }
    return found
  }
}
