import Graphs
import Tensors

/// A bound graph as the planner sees it: the nodes that really run, bound to kernels, and dense tables over values.
struct PlanningGraph {
  /// Where a value's numbers come from.
  enum Source: Hashable {
    case none
    case made
    case input(Int)
    case constant(Int)
    case state(Int)

    var isMade: Bool { self == .made }
  }

  struct Item {
    var name: String
    var operatorName: String
    var kernel: Kernel
    /// Value indices; nil where absent.
    var inputs: [Int?]
    var outputs: [Int?]

    var isView: Bool { kernel.viewOf != nil }
  }

  var items: [Item] = []
  /// By value index.
  var names: [String]
  var byteCounts: [Int]
  var isFloat: [Bool]
  var sources: [Source]
  /// The value at the start of a chain of views; a value that is no view is its own base.
  var base: [Int]
  /// Value indices of results, in the order of `Graph.outputs`.
  var outputs: [Int] = []
  /// Value indices; updates of a state by itself are left out.
  var updates: [(state: Int, value: Int)] = []

  var inputPorts: [Program.Port] = []
  var outputPorts: [Program.Port] = []
  var statePorts: [Program.Port] = []
  var constants: [NDArray] = []
  var initialStates: [NDArray] = []

  /// More than any machine holds; sums of sizes below it cannot overflow.
  private static let limit = 1 << 52

  /// - Parameter defersPacking: leaves weights where they lie that kernels can read there.
  init(_ graph: Graph, threads: Int, weights: PackedWeights, defersPacking: Bool) throws(RuntimeError) {
    let count = graph.values.count
    names = graph.values.map(\.name)
    byteCounts = [Int](repeating: 0, count: count)
    isFloat = graph.values.map(\.type.scalar.isFloat)
    sources = [Source](repeating: .none, count: count)
    base = Array(0..<count)
    weights.clean()
    var folding = Folding(graph)
    let needed = folding.neededNodes()
    var sizes = [[Int]?](repeating: nil, count: count)

    func port(_ id: Int, _ name: String) -> Program.Port {
      Program.Port(
        name: name, scalar: graph.values[id].type.scalar, sizes: sizes[id] ?? [], byteCount: byteCounts[id])
    }
    func measure(_ id: Int) throws(RuntimeError) {
      guard sizes[id] == nil else { return }
      (sizes[id], byteCounts[id]) = try PlanningGraph.measured(graph.values[id])
    }
    /// Gives a value that no node makes its source.
    func locate(_ id: Int, reader: String) throws(RuntimeError) {
      guard sources[id] == .none else { return }
      try measure(id)
      if folding.isState[id] {
        guard let initial = graph.constants[ValueID(id)] else {
          throw RuntimeError(.planning, at: names[id], "is updated, but is not an initializer")
        }
        sources[id] = .state(statePorts.count)
        statePorts.append(port(id, names[id]))
        initialStates.append(initial)
      } else if let array = folding.constants[id] {
        sources[id] = .constant(constants.count)
        constants.append(try weights.aligned(array))
      } else if folding.isInput[id] {
        sources[id] = .input(inputPorts.count)
        inputPorts.append(port(id, names[id]))
      } else {
        throw RuntimeError(.planning, at: reader, "reads \(names[id]) before it is made")
      }
    }
    func slot(_ id: Int) -> CallSite.Slot {
      let constant = folding.isState[id] ? nil : folding.constants[id]
      return CallSite.Slot(
        scalar: graph.values[id].type.scalar, sizes: sizes[id] ?? [], contents: folding.numbers(id), constant: constant)
    }

    var total = 0
    for index in needed {
      let node = graph.nodes[index]
      for case let input? in node.inputs { try measure(input.index) }
      for case let output? in node.outputs {
        try measure(output.index)
        sources[output.index] = .made
        total += byteCounts[output.index]
      }
      var site = CallSite(
        inputs: node.inputs.map { $0.map { slot($0.index) } }, outputs: node.outputs.map { $0.map { slot($0.index) } },
        threads: threads)
      site.packsWeights = true
      site.defersPacking = defersPacking
      let kernel: Kernel
      do { kernel = try node.op.bind(site) } catch {
        throw RuntimeError(.planning, at: node.name, "\(node.op.name): \(error)")
      }
      total += kernel.scratch
      guard kernel.scratch >= 0, total < PlanningGraph.limit else {
        throw RuntimeError(.memory, at: node.name, "the tensors up to here need more than any memory")
      }
      var item = Item(
        name: node.name, operatorName: node.op.name, kernel: kernel, inputs: node.inputs.map { $0?.index },
        outputs: node.outputs.map { $0?.index })
      let packed = Set(kernel.packings.map(\.input))
      for (position, input) in node.inputs.enumerated() where !packed.contains(position) {
        guard let id = input?.index else { continue }
        if kernel.anyAddress.contains(position), let operand = folding.constants[id], !folding.isState[id],
          !operand.isAligned
        {
          item.inputs[position] = addConstant(operand, named: names[id])
        } else {
          try locate(id, reader: node.name)
        }
      }
      for packing in kernel.packings {
        guard let id = item.input(packing.input), let operand = folding.constants[id] else {
          throw RuntimeError(.planning, at: node.name, "packs an operand that is no constant")
        }
        item.inputs[packing.input] = addConstant(
          try weights.packed(operand, packing), named: "\(names[id]) (\(packing.layout))")
      }
      try add(item)
    }
    for output in graph.outputs {
      try locate(output.value.index, reader: output.name)
      outputs.append(output.value.index)
      outputPorts.append(port(output.value.index, output.name))
    }
    for update in graph.updates where update.state != update.value {
      try locate(update.state.index, reader: names[update.state.index])
      try locate(update.value.index, reader: names[update.state.index])
      guard byteCounts[update.state.index] == byteCounts[update.value.index] else {
        throw RuntimeError(
          .planning, at: names[update.state.index],
          "is \(graph[update.state].type), but its update is \(graph[update.value].type)")
      }
      updates.append((update.state.index, update.value.index))
    }
    weights.write()
  }

  /// A value that the graph does not know.
  private mutating func addConstant(_ array: NDArray, named name: String) -> Int {
    let id = names.count
    names.append(name)
    byteCounts.append(array.byteCount)
    isFloat.append(true)
    base.append(id)
    sources.append(.constant(constants.count))
    constants.append(array)
    return id
  }

  private mutating func add(_ item: Item) throws(RuntimeError) {
    items.append(item)
    guard let source = item.kernel.viewOf else { return }
    guard source >= 0, source < item.inputs.count, let input = item.inputs[source],
      let first = item.outputs.first, let output = first, byteCounts[input] == byteCounts[output]
    else { throw RuntimeError(.planning, at: item.name, "is bound as a view, but has no operand of its size") }
    guard item.outputs.dropFirst().allSatisfy({ $0 == nil }) else {
      throw RuntimeError(.planning, at: item.name, "is bound as a view, but has further results")
    }
    base[output] = base[input]
  }

  private static func measured(_ value: Value) throws(RuntimeError) -> ([Int], Int) {
    guard let sizes = value.type.shape.sizes else {
      let symbols = value.type.shape.symbols.sorted().joined(separator: ", ")
      throw RuntimeError(.wrongShape, at: value.name, "is \(value.type), but no input binds \(symbols)")
    }
    do { return (sizes, try NDArray.byteCount(value.type.scalar, sizes)) } catch {
      throw RuntimeError(.planning, at: value.name, error.message)
    }
  }
}
