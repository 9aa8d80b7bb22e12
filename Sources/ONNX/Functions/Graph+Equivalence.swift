import Graphs
import Tensors

extension Graph {
  /// Whether two graphs compute the same by the same operators in the same wiring, from inputs in the same order to
  /// outputs in the same order. Names and the order of nodes do not matter; nodes that no output needs are left aside.
  func computesSame(as other: Graph, comparingTypes: Bool = true) -> Bool {
    guard inputs.count == other.inputs.count, outputs.count == other.outputs.count else { return false }
    var matched: [ValueID: ValueID] = [:]
    var partners: [ValueID: ValueID] = [:]
    for (mine, theirs) in zip(inputs, other.inputs) {
      if comparingTypes && self[mine].type != other[theirs].type { return false }
      matched[mine] = theirs
      partners[theirs] = mine
    }
    let (producers, otherProducers) = (self.producers, other.producers)
    var pending = zip(outputs, other.outputs).map { ($0.value, $1.value) }
    while let (mine, theirs) = pending.popLast() {
      if let known = matched[mine] {
        guard known == theirs else { return false }
        continue
      }
      if let array = constants[mine] {
        // Equal constants may be one value here and several there.
        guard other.constants[theirs] == array else { return false }
        continue
      }
      guard partners[theirs] == nil, let index = producers[mine], let otherIndex = otherProducers[theirs] else {
        return false
      }
      let (node, otherNode) = (nodes[index], other.nodes[otherIndex])
      guard node.op.spellsSame(as: otherNode.op), node.inputs.count == otherNode.inputs.count,
        node.outputs.firstIndex(of: mine) == otherNode.outputs.firstIndex(of: theirs)
      else { return false }
      matched[mine] = theirs
      partners[theirs] = mine
      for (input, otherInput) in zip(node.inputs, otherNode.inputs) {
        switch (input, otherInput) {
        case (let input?, let otherInput?): pending.append((input, otherInput))
        case (nil, nil): break
        default: return false
        }
      }
    }
    return true
  }
}

extension Operator {
  /// Whether two operators are equal, or would be written alike.
  func spellsSame(as other: any Operator) -> Bool {
    if isSame(as: other) { return true }
    guard type(of: other) == Self.self, let form = Self.anyForms.first else { return false }
    let (mine, theirs) = (form.encode(self), form.encode(other))
    return mine.constantInputs == theirs.constantInputs
      && mine.attributes.elementsEqual(theirs.attributes) { $0.0 == $1.0 && $0.1 == $1.1 }
  }
}
