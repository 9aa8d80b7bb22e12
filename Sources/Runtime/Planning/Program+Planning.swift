import Graphs
import Tensors

extension Program {
  /// Plans a graph whose symbols are bound: folds known integers, drops what no root needs, orders the nodes, binds their
  /// kernels and assigns memory.
  ///
  /// - Parameters:
  ///   - graph: Bound (`Graph.bound`). A state may be updated by itself: such an update does nothing but say that the
  ///     initializer's numbers are not fixed.
  ///   - threads: The most threads that kernels will find; scratch is sized by it.
  /// - Throws: `RuntimeError` that names the node or the value that stands in the way.
  public init(planning graph: Graph, threads: Int) throws(RuntimeError) {
    try self.init(planning: graph, threads: threads, weights: PackedWeights())
  }

  /// - Parameters:
  ///   - weights: Packed weights that programs of one session share.
  ///   - defersPacking: leaves weights where they lie that kernels can read there.
  init(
    planning graph: Graph, threads: Int, weights: PackedWeights, defersPacking: Bool = false
  ) throws(RuntimeError) {
    let planning = try PlanningGraph(graph, threads: threads, weights: weights, defersPacking: defersPacking)
    let (order, assignment) = try Program.schedule(planning)
    let end = order.count

    let arena = assignment.storages.indices.filter { assignment.storages[$0].liesInArena }
    let lowerBound = assignment.lowerBound(end: end)
    let offsets = OffsetAssignment(
      arena.map { index in
        let storage = assignment.storages[index]
        return OffsetAssignment.Request(
          byteCount: MemoryPlan.aligned(storage.byteCount), first: storage.first, last: storage.last)
      }, lowerBound: lowerBound)
    var locations = assignment.storages.map { Program.pinned($0) }
    for (index, offset) in zip(arena, offsets.offsets) { locations[index] = .arena(offset) }

    func place(_ value: Int?) -> Location? { value.map { locations[assignment.storageOf[$0]] } }
    func target(_ target: StorageAssignment.Target) -> Location {
      switch target {
      case .storage(let index): return locations[index]
      case .output(let index): return .output(index)
      case .state(let value):
        guard case .state(let index) = planning.sources[value] else { return .state(0) }
        return .state(index)
      }
    }
    steps = order.enumerated().map { position, index in
      let item = planning.items[index]
      return Step(
        name: item.name, operatorName: item.operatorName, kernel: item.kernel, inputs: item.inputs.map(place),
        outputs: item.outputs.map(place), scratch: assignment.scratchOf[position].map { locations[$0] })
    }
    actions =
      Program.actions(steps, checks: assignment.checks)
      + assignment.copies.filter { $0.byteCount > 0 }
      .map { .copy(from: target($0.from), to: target($0.to), byteCount: $0.byteCount) }
    inputs = planning.inputPorts
    outputs = planning.outputPorts
    states = planning.statePorts
    constants = planning.constants
    initialStates = planning.initialStates
    func ports(_ values: [Int]) -> [Int] {
      values.compactMap { if case .state(let index) = planning.sources[$0] { index } else { nil } }
    }
    writtenStates = ports(planning.updates.map(\.state))
    statesInPlace = ports(assignment.inPlaceStates)
    memory = Program.plan(
      planning, assignment, order: order, arena: arena, offsets: offsets, lowerBound: lowerBound)
  }

  /// The order with the smallest largest live set, and what shares memory under it.
  private static func schedule(_ graph: PlanningGraph) throws(RuntimeError) -> ([Int], StorageAssignment) {
    let schedule = Schedule(graph)
    let given = schedule.order(.given)
    guard given.count == graph.items.count else {
      let scheduled = Set(given)
      let stuck = graph.items.indices.first { !scheduled.contains($0) }
      throw RuntimeError(.planning, at: stuck.map { graph.items[$0].name } ?? "", "takes part in a cycle")
    }
    var best = (order: given, assignment: StorageAssignment(graph, order: given))
    var bytes = best.assignment.lowerBound(end: given.count)
    var seen = [given]
    for policy in Schedule.Policy.allCases where policy != .given {
      let order = schedule.order(policy)
      if seen.contains(order) { continue }
      seen.append(order)
      let assignment = StorageAssignment(graph, order: order)
      let needed = assignment.lowerBound(end: order.count)
      if needed < bytes { (best, bytes) = ((order, assignment), needed) }
    }
    return best
  }

  /// Where storage lies that the arena does not hold. Arena storage gets its place later.
  private static func pinned(_ storage: StorageAssignment.Storage) -> Location {
    switch storage.source {
    case .input(let index): .input(index)
    case .constant(let index): .constant(index)
    case .state(let index): .state(index)
    case .made, .none: storage.output.map { .output($0) } ?? .arena(0)
    }
  }

  private static func actions(_ steps: [Step], checks: [Int?]) -> [Action] {
    var checksBefore: [Int: [Int]] = [:]
    for (step, position) in checks.enumerated() {
      if let position { checksBefore[position, default: []].append(step) }
    }
    var actions: [Action] = []
    for (position, step) in steps.enumerated() {
      actions += (checksBefore[position] ?? []).map { .check(step: $0) }
      if step.kernel.viewOf == nil { actions.append(.run(step: position)) }
    }
    return actions
  }

  private static func plan(
    _ graph: PlanningGraph, _ assignment: StorageAssignment, order: [Int], arena: [Int], offsets: OffsetAssignment,
    lowerBound: Int
  ) -> MemoryPlan {
    var intervals: [MemoryPlan.Interval] = []
    for (index, offset) in zip(arena, offsets.offsets) {
      let storage = assignment.storages[index]
      var name = storage.value.map { graph.names[$0] } ?? "updates at the end"
      if storage.value == nil, storage.first < order.count {
        name = graph.items[order[storage.first]].name + " (scratch)"
      }
      intervals.append(
        MemoryPlan.Interval(
          name: name, byteCount: MemoryPlan.aligned(storage.byteCount), first: storage.first, last: storage.last,
          offset: offset))
    }
    var tensors = 0
    for item in graph.items where !item.isView {
      tensors += MemoryPlan.aligned(item.kernel.scratch)
      for case let output? in item.outputs { tensors += MemoryPlan.aligned(graph.byteCounts[output]) }
    }
    func total(_ ports: [Port]) -> Int { ports.reduce(0) { $0 + $1.byteCount } }
    return MemoryPlan(
      intervals: intervals.sorted { ($0.first, $0.offset) < ($1.first, $1.offset) }, arenaByteCount: offsets.byteCount,
      tensorByteCount: tensors, lowerBound: lowerBound,
      constantByteCount: graph.constants.reduce(0) { $0 + $1.byteCount }, stateByteCount: total(graph.statePorts),
      portByteCount: total(graph.inputPorts) + total(graph.outputPorts))
  }
}
