import Graphs

extension Graph {
  /// The graph with values that bear the names of the outputs for which they stand, since a file has but one name for both.
  /// Another value that has an output's name gets a new one. Inputs keep theirs.
  func namingOutputs() -> Graph {
    guard outputs.contains(where: { self[$0.value].name != $0.name }) else { return self }
    var result = self
    var used = Set(values.map(\.name) + outputs.map(\.name))
    let outputNames = Set(outputs.map(\.name))
    let made = Set(nodes.flatMap(\.outputs).compactMap { $0 })
    var named: Set<ValueID> = []
    for output in outputs {
      if result[output.value].name == output.name {
        named.insert(output.value)
        continue
      }
      if let other = result.value(named: output.name), !inputs.contains(other) {
        var (candidate, counter) = (output.name + "/inner", 1)
        while !used.insert(candidate).inserted {
          counter += 1
          candidate = "\(output.name)/inner_\(counter)"
        }
        result[other].name = candidate
      }
      let isFree = made.contains(output.value) && !outputNames.contains(result[output.value].name)
      if isFree && result.value(named: output.name) == nil && named.insert(output.value).inserted {
        result[output.value].name = output.name
      }
    }
    return result
  }
}
