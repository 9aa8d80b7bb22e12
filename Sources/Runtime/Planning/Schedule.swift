/// Orders of a planning graph's items: positions → item indices.
///
/// Several greedy list schedules are made; the planner keeps the one whose largest live set is smallest.
struct Schedule {
  enum Policy: CaseIterable {
    /// The graph's own order.
    case given
    /// The graph's own order, but what only serves updates runs as soon as it can.
    case updates
    /// The graph's own order, but what frees at least as much as it makes runs as soon as it can.
    case eager
    /// The same, and what only serves updates runs as soon as it can.
    case eagerUpdates
    /// Always the item that adds least to the live bytes.
    case greedy
  }

  private let graph: PlanningGraph
  private let successors: [[Int]]
  private let predecessorCounts: [Int]
  /// By base value: the items, without views, that read it.
  private let readers: [[Int]]
  private let isRoot: [Bool]
  private let makesBytes: [Int]
  private let servesUpdates: [Bool]
  /// By item: whether it counts, on single numbers or on integers alone. Checks wait for some of them and updates for the
  /// checks, so that they run as soon as they can.
  private let counts: [Bool]

  init(_ graph: PlanningGraph) {
    self.graph = graph
    let (items, count) = (graph.items, graph.names.count)
    var producer = [Int](repeating: -1, count: count)
    for (index, item) in items.enumerated() {
      for case let output? in item.outputs { producer[output] = index }
    }
    var readers = [[Int]](repeating: [], count: count)
    var successors = [[Int]](repeating: [], count: items.count)
    for (index, item) in items.enumerated() {
      for case let input? in item.inputs {
        if producer[input] >= 0 { successors[producer[input]].append(index) }
        let base = graph.base[input]
        if !item.isView, readers[base].last != index { readers[base].append(index) }
      }
    }
    var isRoot = [Bool](repeating: false, count: count)
    for output in graph.outputs { isRoot[graph.base[output]] = true }
    for update in graph.updates { isRoot[graph.base[update.value]] = true }
    let overwriting = graph.itemsOverwritingStates
    // Whoever reads a state, and whatever makes the integers of a check, comes before an item that may write over it.
    var wishes: [(first: Int, second: Int)] = []
    for (state, item) in overwriting { wishes += readers[state].map { ($0, item) } }
    if !overwriting.isEmpty {
      let checked = graph.checkedIntegers.map { producer[graph.base[$0]] }.filter { $0 >= 0 }
      for item in Set(overwriting.map(\.item)) { wishes += checked.map { ($0, item) } }
    }
    Schedule.add(wishes, to: &successors)
    var predecessorCounts = [Int](repeating: 0, count: items.count)
    for list in successors {
      for item in list { predecessorCounts[item] += 1 }
    }
    let overwritten = Set(overwriting.map(\.item))
    makesBytes = items.indices.map { index in
      if items[index].isView || overwritten.contains(index) { return 0 }
      return items[index].outputs.reduce(0) { $0 + ($1.map { graph.byteCounts[$0] } ?? 0) }
    }
    counts = items.map { item in
      let operands = item.inputs.compactMap { $0 } + item.outputs.compactMap { $0 }
      return operands.allSatisfy { !graph.isFloat[$0] || graph.byteCounts[$0] <= 8 }
    }
    servesUpdates = Schedule.itemsServingUpdates(graph, readers: readers)
    (self.readers, self.successors, self.predecessorCounts, self.isRoot) =
      (readers, successors, predecessorCounts, isRoot)
  }

  /// Adds an edge for every wish that closes no circle.
  private static func add(_ wishes: [(first: Int, second: Int)], to successors: inout [[Int]]) {
    for (first, second) in wishes where first < second { successors[first].append(second) }
    // Against the given order a wish has to be looked at; there are few in practice.
    for (first, second) in wishes.filter({ $0.first > $0.second }).prefix(256) {
      var seen = [Bool](repeating: false, count: successors.count)
      var open = [second]
      while let item = open.popLast(), !seen[first] {
        for next in successors[item] where !seen[next] {
          seen[next] = true
          open.append(next)
        }
      }
      if !seen[first] { successors[first].append(second) }
    }
  }

  /// Items whose results end in updates alone and are as large as a parameter: the update itself and what it is made of.
  private static func itemsServingUpdates(_ graph: PlanningGraph, readers: [[Int]]) -> [Bool] {
    var serves = [Bool](repeating: false, count: graph.items.count)
    let sizes = Set(graph.updates.map { graph.byteCounts[$0.state] })
    guard !sizes.isEmpty else { return serves }
    let results = Set(graph.outputs.map { graph.base[$0] })
    for (index, item) in graph.items.enumerated().reversed() {
      serves[index] = item.outputs.allSatisfy { output in
        guard let output else { return true }
        let base = graph.base[output]
        return sizes.contains(graph.byteCounts[output]) && !results.contains(base)
          && readers[base].allSatisfy { serves[$0] }
      }
    }
    return serves
  }

  /// The order under `policy`; shorter than the items when some wait for each other in a circle.
  func order(_ policy: Policy) -> [Int] {
    var waiting = predecessorCounts
    var unread = readers.map(\.count)
    var done = [Bool](repeating: false, count: graph.items.count)
    var queue = PriorityQueue()
    var order: [Int] = []
    order.reserveCapacity(graph.items.count)

    func delta(_ index: Int) -> Int {
      var bytes = makesBytes[index]
      let inputs = graph.items[index].inputs
      if graph.items[index].isView { return 0 }
      for (position, input) in inputs.enumerated() {
        guard let input, case let base = graph.base[input], graph.sources[base].isMade else { continue }
        guard unread[base] == 1, !isRoot[base] else { continue }
        let isRepeated = inputs[..<position].contains { $0.map { graph.base[$0] == base } ?? false }
        if !isRepeated { bytes -= graph.byteCounts[base] }
      }
      return bytes
    }
    func isUrgent(_ index: Int) -> Bool {
      switch policy {
      case .given, .greedy: false
      case .updates: counts[index] || servesUpdates[index]
      case .eager: counts[index] || delta(index) <= 0
      case .eagerUpdates: counts[index] || servesUpdates[index] || delta(index) <= 0
      }
    }
    func push(_ index: Int) { queue.push(policy == .greedy ? delta(index) : isUrgent(index) ? 0 : 1, index) }
    for index in graph.items.indices where waiting[index] == 0 { push(index) }
    while let index = queue.pop() {
      if done[index] { continue }
      done[index] = true
      order.append(index)
      for next in successors[index] {
        waiting[next] -= 1
        if waiting[next] == 0 { push(next) }
      }
      if graph.items[index].isView { continue }
      let inputs = graph.items[index].inputs
      for (position, input) in inputs.enumerated() {
        guard let input, case let base = graph.base[input] else { continue }
        if inputs[..<position].contains(where: { $0.map { graph.base[$0] == base } ?? false }) { continue }
        unread[base] -= 1
        // The last reader now frees more than when it was queued.
        guard policy != .given, unread[base] == 1 else { continue }
        if let last = readers[base].first(where: { !done[$0] }), waiting[last] == 0 { push(last) }
      }
    }
    return order
  }
}

extension PlanningGraph {
  /// Integer and Boolean operands of items with a check, by value index.
  var checkedIntegers: [Int] {
    items.filter { $0.kernel.check != nil }.flatMap { item in item.inputs.compactMap { $0 }.filter { !isFloat[$0] } }
  }

  /// Items that may write an update over the state it replaces, with that state's value index.
  var itemsOverwritingStates: [(state: Int, item: Int)] {
    var stateOf: [Int: Int] = [:]
    for update in updates { stateOf[update.value] = update.state }
    if stateOf.isEmpty { return [] }
    var found: [(state: Int, item: Int)] = []
    for (index, item) in items.enumerated() {
      for pair in item.kernel.inPlace {
        guard let output = item.output(pair.output), let state = stateOf[output],
          let input = item.input(pair.input), base[input] == state
        else { continue }
        found.append((state, index))
      }
    }
    return found
  }
}

extension PlanningGraph.Item {
  func input(_ index: Int) -> Int? { inputs.indices.contains(index) ? inputs[index] : nil }
  func output(_ index: Int) -> Int? { outputs.indices.contains(index) ? outputs[index] : nil }
}
