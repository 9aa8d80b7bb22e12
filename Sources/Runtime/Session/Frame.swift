import Graphs
import Tensors

/// A program with its pointers: what the executor runs. Used on the executor's thread only.
///
/// One table holds the operands of all steps, filled once and again only when the arena or a state has moved. A run patches
/// the entries of the caller's inputs and outputs and makes the calls; it allocates nothing.
final class Frame {
  let program: Program
  private let table: UnsafeMutablePointer<UnsafeMutableRawPointer?>
  private let locations: [Location?]
  private let patches: [Patch]
  private let calls: [Call]
  /// By state of the program: where the session keeps it.
  let stateIndices: [Int]
  private var arenaGeneration = -1
  private var stateGeneration = -1

  private struct Patch {
    var slot: Int
    var port: Int
    var isInput: Bool
  }

  private enum Kind { case check, run, copy }

  private struct Call {
    var kind: Kind
    var step: Int
    /// First operand in the table; for copies the source, with the target behind it.
    var first: Int
    var inputCount: Int
    /// Entry of the scratch pointer, or −1.
    var scratch: Int
    var byteCount: Int
    var run: @Sendable (Buffers) -> Void
    var check: (@Sendable (Buffers) -> String?)?
  }

  init(_ program: Program, stateIndices: [Int]) {
    self.program = program
    self.stateIndices = stateIndices
    var slots: [Location?] = []
    var firsts: [(operands: Int, scratch: Int)] = []
    for step in program.steps {
      let first = slots.count
      slots += step.inputs
      slots += step.outputs
      var scratch = -1
      if step.scratch != nil {
        scratch = slots.count
        slots.append(step.scratch)
      }
      firsts.append((first, scratch))
    }
    var calls: [Call] = []
    for action in program.actions {
      switch action {
      case .check(let index), .run(let index):
        let step = program.steps[index]
        let isRun = action == .run(step: index)
        calls.append(
          Call(
            kind: isRun ? .run : .check, step: index, first: firsts[index].operands, inputCount: step.inputs.count,
            scratch: firsts[index].scratch, byteCount: 0, run: step.kernel.run, check: step.kernel.check))
      case .copy(let from, let to, let byteCount):
        calls.append(
          Call(
            kind: .copy, step: -1, first: slots.count, inputCount: 1, scratch: -1, byteCount: byteCount, run: { _ in },
            check: nil))
        slots += [from, to]
      }
    }
    var patches: [Patch] = []
    for (slot, location) in slots.enumerated() {
      switch location {
      case .input(let port): patches.append(Patch(slot: slot, port: port, isInput: true))
      case .output(let port): patches.append(Patch(slot: slot, port: port, isInput: false))
      default: continue
      }
    }
    (locations, self.calls, self.patches) = (slots, calls, patches)
    table = .allocate(capacity: max(slots.count, 1))
    table.initialize(repeating: nil, count: max(slots.count, 1))
  }

  deinit { table.deallocate() }

  /// Points the table into the arena and the states, if they have moved since the last time.
  func fill(arena: Arena, states: StateStore) {
    if arena.generation == arenaGeneration && states.generation == stateGeneration { return }
    (arenaGeneration, stateGeneration) = (arena.generation, states.generation)
    fill(arena: arena.base, states: { states.address(stateIndices[$0]) })
  }

  func fill(arena: UnsafeMutableRawPointer?, states: (Int) -> UnsafeMutableRawPointer) {
    for (slot, location) in locations.enumerated() {
      switch location {
      case .arena(let offset): table[slot] = arena.map { $0 + offset }
      case .state(let index): table[slot] = states(index)
      case .constant(let index): table[slot] = program.constants[index].address
      case .input, .output, nil: continue
      }
    }
  }

  /// Runs the program on pointers in the order of `program.inputs` and `program.outputs`.
  ///
  /// - Returns: what a kernel refused, if anything. Then no state has changed.
  func execute(
    inputs: UnsafePointer<UnsafeRawPointer>?, outputs: UnsafePointer<UnsafeMutableRawPointer>?,
    recorder: ProfileRecorder? = nil
  ) -> RuntimeError? {
    // Counted loops: iterators of arrays allocate where nothing is optimised.
    var next = 0
    while next < patches.count {
      let patch = patches[next]
      table[patch.slot] =
        patch.isInput ? inputs.map { UnsafeMutableRawPointer(mutating: $0[patch.port]) } : outputs?[patch.port]
      next += 1
    }
    if let recorder { return execute(recording: recorder) }
    var index = 0
    while index < calls.count {
      if let complaint = perform(index) { return refusal(index, complaint) }
      index += 1
    }
    return nil
  }

  private func execute(recording recorder: ProfileRecorder) -> RuntimeError? {
    for index in calls.indices {
      let start = ProfileRecorder.now()
      if let complaint = perform(index) { return refusal(index, complaint) }
      let time = ProfileRecorder.now() - start
      switch calls[index].kind {
      case .run: recorder.add(program.steps[calls[index].step], nanoseconds: time)
      case .check: recorder.add("check", at: program.steps[calls[index].step].name, nanoseconds: time)
      case .copy: recorder.add("copy", at: "end of the run", nanoseconds: time, bytes: 2 * calls[index].byteCount)
      }
    }
    recorder.runs += 1
    return nil
  }

  @inline(__always)
  private func perform(_ index: Int) -> String? {
    let first = table + calls[index].first
    switch calls[index].kind {
    case .run:
      calls[index].run(buffers(index))
    case .check:
      return calls[index].check?(buffers(index))
    case .copy:
      if let source = first[0], let target = first[1] {
        target.copyMemory(from: source, byteCount: calls[index].byteCount)
      }
    }
    return nil
  }

  @inline(__always)
  private func buffers(_ index: Int) -> Buffers {
    let scratch = calls[index].scratch
    return Buffers(
      table: UnsafePointer(table + calls[index].first), inputCount: calls[index].inputCount,
      scratch: scratch < 0 ? nil : table[scratch])
  }

  private func refusal(_ index: Int, _ complaint: String) -> RuntimeError {
    let step = program.steps[calls[index].step]
    return RuntimeError(.data, at: step.name, "\(step.operatorName): \(complaint)")
  }
}
