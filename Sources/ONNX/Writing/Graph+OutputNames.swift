import Graphs

extension Graph {
  /// The graph with names for which a file has room: a value that bears the name of an output, but stands for another, gets
  /// a new one. Inputs keep theirs.
  func makingWayForOutputs() -> Graph {
    var result = self
    var used: Set<String>?
    for output in outputs where self[output.value].name != output.name {
      guard let other = result.value(named: output.name), !inputs.contains(other) else { continue }
      var names = used ?? Set(values.map(\.name) + outputs.map(\.name))
      var (candidate, counter) = (output.name + "/inner", 1)
      while !names.insert(candidate).inserted {
        counter += 1
        candidate = "\(output.name)/inner_\(counter)"
      }
      result[other].name = candidate
      used = names
    }
    return result
  }
}
