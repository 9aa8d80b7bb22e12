import Graphs
import Testing

@testable import Runtime

/// Follows who wrote every byte of memory, and holds that against what each step means to read. It knows nothing of
/// lifetimes: it judges by the program's steps and the graph alone.
struct MemoryJudge {
  let graph: Graph
  let program: Program
  /// memory[space][byte] = the value that wrote it.
  private var memory: [String: [Int: Int]] = [:]

  init(_ graph: Graph, _ program: Program) {
    self.graph = graph
    self.program = program
  }

  private func bytes(_ id: ValueID) -> Int {
    (graph[id].type.shape.sizes ?? []).reduce(graph[id].type.scalar.size, *)
  }

  private func place(_ location: Location) -> (space: String, offset: Int) {
    if case .arena(let offset) = location { return ("arena", offset) }
    return ("\(location)", 0)
  }

  /// Whole words, which all sizes of these tests are.
  private func words(_ location: Location, _ byteCount: Int) -> (String, StrideTo<Int>) {
    let (space, offset) = place(location)
    return (space, stride(from: offset, to: offset + byteCount, by: 4))
  }

  private mutating func write(_ value: Int, _ location: Location, _ byteCount: Int) {
    let (space, words) = words(location, byteCount)
    if space == "arena" {
      #expect((words.max() ?? 0) < max(program.memory.arenaByteCount, 1), "\(location) is outside of the arena")
    }
    for word in words { memory[space, default: [:]][word] = value }
  }

  private func holds(_ value: Int, _ location: Location, _ byteCount: Int) -> Bool {
    let (space, words) = words(location, byteCount)
    return words.allSatisfy { memory[space]?[$0] == value }
  }

  private func overlap(_ a: Location, _ aBytes: Int, _ b: Location, _ bBytes: Int) -> Bool {
    let (x, y) = (place(a), place(b))
    return x.space == y.space && x.offset < y.offset + bBytes && y.offset < x.offset + aBytes
  }

  mutating func judge() {
    var base = Array(graph.values.indices)
    for node in graph.nodes where node.op is Seen {
      if let input = node.inputs[0], let output = node.outputs[0] { base[output.index] = base[input.index] }
    }
    let nodes = Dictionary(uniqueKeysWithValues: graph.nodes.map { ($0.name, $0) })
    for (index, port) in program.inputs.enumerated() {
      if let id = graph.value(named: port.name) { write(id.index, .input(index), port.byteCount) }
    }
    for (index, port) in program.states.enumerated() {
      if let id = graph.value(named: port.name) { write(id.index, .state(index), port.byteCount) }
    }
    for (id, array) in graph.constants {
      for (index, constant) in program.constants.enumerated() where constant.address == array.address {
        write(id.index, .constant(index), array.byteCount)
      }
    }
    for action in program.actions {
      switch action {
      case .check: continue
      case .run(let index):
        guard let node = nodes[program.steps[index].name] else { continue }
        run(program.steps[index], node, base)
      case .copy(let from, let to, let byteCount):
        let (space, words) = words(from, byteCount)
        guard let first = memory[space]?[words.min() ?? 0] else {
          Issue.record("copies \(from), which nobody wrote")
          continue
        }
        #expect(holds(first, from, byteCount), "copies \(from), which is torn")
        write(first, to, byteCount)
      }
    }
    for (index, output) in graph.outputs.enumerated() {
      #expect(holds(base[output.value.index], .output(index), bytes(output.value)), "output \(output.name)")
    }
    for update in graph.updates {
      guard let index = program.states.firstIndex(where: { $0.name == graph[update.state].name }) else { continue }
      #expect(holds(base[update.value.index], .state(index), bytes(update.value)), "state \(graph[update.state].name)")
    }
  }

  private mutating func run(_ step: Program.Step, _ node: Node, _ base: [Int]) {
    for case let (id?, location?) in zip(node.inputs, step.inputs) {
      #expect(holds(base[id.index], location, bytes(id)), "\(step.name) reads \(graph[id].name) at \(location)")
    }
    var written: [(Location, Int)] = []
    if let scratch = step.scratch { written.append((scratch, step.kernel.scratch)) }
    for (position, (id, location)) in zip(node.outputs, step.outputs).enumerated() {
      guard let id, let location else { continue }
      #expect(!written.contains { overlap($0.0, $0.1, location, bytes(id)) }, "\(step.name): results overlap")
      written.append((location, bytes(id)))
      for (input, (operand, place)) in zip(node.inputs, step.inputs).enumerated() {
        guard let operand, let place, overlap(place, bytes(operand), location, bytes(id)) else { continue }
        let allowed = step.kernel.inPlace.contains { $0.output == position && $0.input == input }
        #expect(
          allowed && place == location && bytes(operand) == bytes(id), "\(step.name) writes over operand \(input)")
      }
    }
    if let scratch = step.scratch {
      for case let (id?, location?) in zip(node.inputs, step.inputs) {
        #expect(!overlap(scratch, step.kernel.scratch, location, bytes(id)), "\(step.name): scratch lies on an operand")
      }
      write(-1, scratch, step.kernel.scratch)
    }
    for case let (id?, location?) in zip(node.outputs, step.outputs) { write(id.index, location, bytes(id)) }
  }
}
