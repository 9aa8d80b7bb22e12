/// Which values share memory under one order, and how long each piece of memory lives.
struct StorageAssignment {
  struct Storage {
    /// `.made` for memory of the arena (or, if `output` is set, of the caller).
    var source: PlanningGraph.Source
    /// The first value in it, by index; nil for scratch and for buffers of the end.
    var value: Int?
    var byteCount: Int
    var first: Int
    var last: Int
    /// The caller's output that this memory is.
    var output: Int?

    var liesInArena: Bool { source.isMade && output == nil }
  }

  private(set) var storages: [Storage] = []
  /// By value index; −1 for values that no step touches.
  private(set) var storageOf: [Int]
  /// By position in the order.
  private(set) var scratchOf: [Int?]
  /// Positions before which each check runs; nil where there is none. By position of the checked item.
  private(set) var checks: [Int?]
  /// Copies at the end: results that lie elsewhere, then updates by way of a buffer, then plain updates.
  private(set) var copies: [(from: Target, to: Target, byteCount: Int)] = []
  /// Update values that lie in the memory of their state.
  private(set) var inPlaceStates: [Int] = []

  enum Target {
    case storage(Int)
    case output(Int)
    case state(Int)
  }

  init(_ graph: PlanningGraph, order: [Int]) {
    storageOf = [Int](repeating: -1, count: graph.names.count)
    scratchOf = [Int?](repeating: nil, count: order.count)
    checks = StorageAssignment.checkPositions(graph, order: order)
    let lastCheck = checks.lazy.compactMap { $0 }.max() ?? 0

    var reads = [Int](repeating: 0, count: graph.names.count)
    for item in graph.items {
      for case let input? in item.inputs { reads[input] += 1 }
    }
    for output in graph.outputs { reads[output] += 1 }
    var updated = [Int](repeating: -1, count: graph.names.count)
    for update in graph.updates {
      reads[update.value] += 1
      updated[update.value] = update.state
    }
    /// Reads to come, by storage.
    var remaining: [Int] = []
    for value in graph.names.indices {
      switch graph.sources[value] {
      case .none, .made: continue
      case .input, .constant, .state:
        storageOf[value] = storages.count
        storages.append(
          Storage(
            source: graph.sources[value], value: value, byteCount: graph.byteCounts[value], first: 0, last: order.count)
        )
        remaining.append(reads[value])
      }
    }

    for (position, index) in order.enumerated() {
      let item = graph.items[index]
      if let source = item.kernel.viewOf {
        guard let input = item.input(source), let output = item.output(0) else { continue }
        let storage = storageOf[input]
        storageOf[output] = storage
        for case let operand? in item.inputs { remaining[storageOf[operand]] -= 1 }
        remaining[storage] += reads[output]
        continue
      }
      if item.kernel.scratch > 0 {
        scratchOf[position] = storages.count
        storages.append(
          Storage(source: .made, value: nil, byteCount: item.kernel.scratch, first: position, last: position))
        remaining.append(0)
      }
      var taken: [Int] = []
      for (number, output) in item.outputs.enumerated() {
        guard let output else { continue }
        var home: Int?
        for pair in item.kernel.inPlace where pair.output == number && home == nil {
          guard let input = item.input(pair.input), case let storage = storageOf[input] else { continue }
          // One read is left: this one.
          guard remaining[storage] == 1, storages[storage].byteCount == graph.byteCounts[output],
            !taken.contains(storage)
          else { continue }
          switch storages[storage].source {
          case .made: home = storage
          case .state where updated[output] == storages[storage].value && position >= lastCheck: home = storage
          default: continue
          }
        }
        if let home {
          taken.append(home)
          storageOf[output] = home
        } else {
          storageOf[output] = storages.count
          storages.append(
            Storage(source: .made, value: output, byteCount: graph.byteCounts[output], first: position, last: position))
          remaining.append(0)
        }
      }
      for case let input? in item.inputs {
        remaining[storageOf[input]] -= 1
        storages[storageOf[input]].last = max(storages[storageOf[input]].last, position)
      }
      for case let output? in item.outputs { remaining[storageOf[output]] += reads[output] }
    }
    finish(graph, end: order.count)
  }

  /// Gives results the caller's memory where they can lie there, and lists the copies of the end.
  private mutating func finish(_ graph: PlanningGraph, end: Int) {
    for (number, value) in graph.outputs.enumerated() {
      let storage = storageOf[value]
      storages[storage].last = end
      if storages[storage].liesInArena {
        storages[storage].output = number
      } else {
        copies.append((.storage(storage), .output(number), graph.byteCounts[value]))
      }
    }
    var plain: [(from: Target, to: Target, byteCount: Int)] = []
    var homes: Set<Int> = []
    for update in graph.updates {
      storages[storageOf[update.value]].last = end
      if storageOf[update.value] == storageOf[update.state] {
        inPlaceStates.append(update.state)
      } else {
        homes.insert(storageOf[update.state])
      }
    }
    for update in graph.updates where storageOf[update.value] != storageOf[update.state] {
      let (source, bytes) = (storageOf[update.value], graph.byteCounts[update.value])
      guard homes.contains(source) else {
        plain.append((.storage(source), .state(update.state), bytes))
        continue
      }
      // The source is another state's memory, which an update of this end overwrites.
      copies.append((.storage(source), .storage(storages.count), bytes))
      plain.append((.storage(storages.count), .state(update.state), bytes))
      storages.append(Storage(source: .made, value: nil, byteCount: bytes, first: end, last: end))
    }
    copies += plain
  }

  /// A check looks at integers and Booleans: it can run as soon as these are there, before anything is overwritten.
  private static func checkPositions(_ graph: PlanningGraph, order: [Int]) -> [Int?] {
    var checks = [Int?](repeating: nil, count: order.count)
    guard order.contains(where: { graph.items[$0].kernel.check != nil }) else { return checks }
    var readyAt = [Int](repeating: 0, count: graph.names.count)
    for (position, index) in order.enumerated() where !graph.items[index].isView {
      for case let output? in graph.items[index].outputs { readyAt[output] = position + 1 }
    }
    for (position, index) in order.enumerated() where graph.items[index].kernel.check != nil {
      let integers = graph.items[index].inputs.compactMap { $0 }.filter { !graph.isFloat[$0] }
      checks[position] = integers.isEmpty ? position : integers.reduce(0) { max($0, readyAt[graph.base[$1]]) }
    }
    return checks
  }

  /// The largest number of bytes of the arena alive at one step.
  func lowerBound(end: Int) -> Int {
    var change = [Int](repeating: 0, count: end + 2)
    for storage in storages where storage.liesInArena {
      change[storage.first] += MemoryPlan.aligned(storage.byteCount)
      change[storage.last + 1] -= MemoryPlan.aligned(storage.byteCount)
    }
    var (alive, largest) = (0, 0)
    for delta in change {
      alive += delta
      largest = max(largest, alive)
    }
    return largest
  }
}
