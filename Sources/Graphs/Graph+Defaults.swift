import Tensors

extension Graph {
  /// The graph with inputs in the place of some of its defaults, or with other numbers where those decide shapes: small
  /// integers stay constants.
  ///
  /// - Parameter arrays: numbers by the names of defaults; all must be of their default's type.
  public func overriding(_ arrays: [String: NDArray]) throws(GraphError) -> Graph {
    var result = self
    result.defaults.subtract(arrays.keys)
    for (id, array) in constants.sorted(by: { $0.key < $1.key }) {
      guard let other = arrays[self[id].name], defaults.contains(self[id].name) else { continue }
      guard other.type == array.type else {
        throw GraphError(.type, at: self[id].name, "is declared \(array.type), but given as \(other.type)")
      }
      if let contents = GraphBuilder.contents(of: other) {
        result.constants[id] = other
        result[id].contents = contents
      } else {
        result.constants[id] = nil
        result.inputs.append(id)
      }
    }
    try result.inferAll()
    return result
  }

  /// Which of these names are defaults whose numbers stay constants when they are overridden.
  public func defaultsThatDecide(_ names: some Sequence<String>) -> Set<String> {
    let wanted = defaults.intersection(names)
    return Set(
      constants.filter { wanted.contains(self[$0.key].name) && GraphBuilder.contents(of: $0.value) != nil }
        .map { self[$0.key].name })
  }
}
