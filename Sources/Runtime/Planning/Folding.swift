import Graphs
import Tensors

/// Finds values whose numbers are known at planning time, and the nodes that are left to run.
struct Folding {
  private let graph: Graph
  private(set) var isState: [Bool]
  private(set) var isInput: [Bool]
  /// Initializers that no run changes, and integer values whose every element is a known number. By value index.
  private(set) var constants: [NDArray?]

  init(_ graph: Graph) {
    self.graph = graph
    let count = graph.values.count
    isState = [Bool](repeating: false, count: count)
    isInput = [Bool](repeating: false, count: count)
    constants = [NDArray?](repeating: nil, count: count)
    for update in graph.updates { isState[update.state.index] = true }
    for input in graph.inputs { isInput[input.index] = true }
    for (id, array) in graph.constants where !isState[id.index] { constants[id.index] = array }
    for index in 0..<count where constants[index] == nil && !isState[index] {
      constants[index] = folded(index)
    }
  }

  /// Known elements of an integer value; nil for a state, whatever it held at first.
  func numbers(_ index: Int) -> [Int]? {
    guard !isState[index], let contents = graph.values[index].contents else { return nil }
    var numbers: [Int] = []
    numbers.reserveCapacity(contents.count)
    for element in contents {
      guard let number = element.constant else { return nil }
      numbers.append(number)
    }
    return numbers
  }

  /// Indices of the nodes that the roots need, in order. A node that runs makes all its results, known or not.
  mutating func neededNodes() -> [Int] {
    var wanted = [Bool](repeating: false, count: graph.values.count)
    for root in graph.roots { wanted[root.index] = true }
    var needed: [Int] = []
    for index in graph.nodes.indices.reversed() {
      let node = graph.nodes[index]
      let runs = node.outputs.contains { output in
        guard let output else { return false }
        return wanted[output.index] && constants[output.index] == nil
      }
      guard runs else { continue }
      needed.append(index)
      for case let output? in node.outputs { constants[output.index] = nil }
      for case let input? in node.inputs { wanted[input.index] = true }
    }
    return needed.reversed()
  }

  private func folded(_ index: Int) -> NDArray? {
    let type = graph.values[index].type
    guard let numbers = numbers(index), let sizes = type.shape.sizes, numbers.count == sizes.reduce(1, *) else {
      return nil
    }
    return NDArray(integers: numbers, type.scalar, sizes)
  }
}
