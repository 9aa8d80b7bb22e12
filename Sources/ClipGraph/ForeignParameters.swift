import Graphs
import Tensors

extension Graph {
  /// The constants of a graph of any origin that training may move: weights rather than numbers of an equation.
  ///
  /// Weights are many, or bear a parameter's name; masks (numbers that are infinite or enormous) and numbers of no name of
  /// fewer than eight elements are none.
  var trainableConstants: [ValueID] {
    constants.keys.sorted().filter { id in
      guard let array = constants[id], array.scalar == .float32, array.count > 0 else { return false }
      let name = self[id].name
      guard !defaults.contains(name), array.count >= 8 || Graph.namesParameter(name) else { return false }
      return array.withUnsafeBytes { bytes in
        bytes.bindMemory(to: Float.self).allSatisfy { abs($0) < Graph.enormous }
      }
    }
  }

  private static let enormous: Float = 1e4

  /// Last components of the names that programs give to small parameters.
  private static func namesParameter(_ name: String) -> Bool {
    let last = name.split(separator: ".").last ?? ""
    return name.contains(".") && ["weight", "bias", "gamma", "beta"].contains(last) || last == "logit_scale"
      || last == "logit_bias"
  }

  /// Names of the constants that some values are made from.
  func constantNames(behind targets: [ValueID]) -> Set<String> {
    let producers = producers
    var (pending, seen, names) = (targets, Set<ValueID>(), Set<String>())
    while let id = pending.popLast() {
      guard seen.insert(id).inserted else { continue }
      if constants[id] != nil { names.insert(self[id].name) }
      if let index = producers[id] { pending += nodes[index].inputs.compactMap { $0 } }
    }
    return names
  }
}
