import Graphs
import Tensors

#if canImport(Glibc)
  import Glibc
#endif

/// All that changes in a session. Used on the executor's thread only, but for what never changes.
final class Engine: @unchecked Sendable {
  let graph: Graph
  let options: Session.Options
  let stateNames: [String]
  let arena = Arena()
  let states: StateStore
  var recorder: ProfileRecorder?
  var selections: [Request: Selection] = [:]
  var programs = ProgramCache()
  let weights: PackedWeights
  /// What the first run was planned as, with weights as they lie where that is possible: kept until the next is planned, for
  /// the weights that it had to lay out.
  var firstFrame: Frame?
  private var hasRun = false
  private let constantByteCount: Int

  init(_ graph: Graph, options: Session.Options) throws(RuntimeError) {
    var graph = graph
    do { graph = try graph.expandingMacros() } catch {
      let cause = error.diagnostics.first
      throw RuntimeError(.planning, at: cause?.place ?? graph.name, cause?.message ?? "\(error)")
    }
    let variables = graph.constants.keys.filter { options.variables.contains(graph[$0].name) }
    if let unknown = options.variables.subtracting(variables.map { graph[$0].name }).min() {
      throw RuntimeError(.unknownName, at: unknown, "is not an initializer, and cannot be a variable")
    }
    let changing = graph.states.union(variables)
    var initial: [(name: String, initial: NDArray)] = []
    var bytes = 0
    for (id, array) in graph.constants.sorted(by: { $0.key < $1.key }) {
      if changing.contains(id) { initial.append((graph[id].name, array)) } else { bytes += array.byteCount }
    }
    states = StateStore(initial)
    weights = PackedWeights(threads: options.threads, prepareThread: options.prepareThread)
    (self.graph, self.options, stateNames, constantByteCount) = (graph, options, states.names, bytes)
  }

  // MARK: Running

  func run(_ inputs: [String: NDArray], _ request: Request) throws(RuntimeError) -> [String: NDArray] {
    let isFirst = !hasRun && request.updates == .none && constantByteCount >= options.leastDeferredByteCount
    let frame = try frame(inputs, request, deferringWeights: isFirst)
    hasRun = true
    var operands: [NDArray] = []
    for port in frame.program.inputs {
      guard let array = inputs[port.name] else { throw RuntimeError(.missingInput, at: port.name, "is not given") }
      operands.append(array.aligned)
    }
    var results: [NDArray] = []
    for port in frame.program.outputs { results.append(try Engine.uninitialised(port)) }
    let sources = operands.map { UnsafeRawPointer($0.address) }
    let targets = results.map(\.address)
    let failure = sources.withUnsafeBufferPointer { sources in
      targets.withUnsafeBufferPointer { targets in
        execute(frame, inputs: sources.baseAddress, outputs: targets.baseAddress)
      }
    }
    withExtendedLifetime(operands) {}
    if let failure { throw failure }
    return Dictionary(zip(frame.program.outputs.map(\.name), results)) { first, _ in first }
  }

  func execute(
    _ frame: Frame, inputs: UnsafePointer<UnsafeRawPointer>?, outputs: UnsafePointer<UnsafeMutableRawPointer>?
  ) -> RuntimeError? {
    do throws(RuntimeError) { try arena.reserve(frame.program.memory.arenaByteCount) } catch { return error }
    let written = frame.program.writtenStates
    var next = 0
    while next < written.count {
      states.own(frame.stateIndices[written[next]])
      next += 1
    }
    frame.fill(arena: arena, states: states)
    return frame.execute(inputs: inputs, outputs: outputs, recorder: recorder)
  }

  private static func uninitialised(_ port: Program.Port) throws(RuntimeError) -> NDArray {
    var memory: UnsafeMutableRawPointer?
    guard posix_memalign(&memory, MemoryPlan.alignment, max(port.byteCount, MemoryPlan.alignment)) == 0, let memory
    else {
      throw RuntimeError(.memory, at: port.name, "\(port.byteCount) bytes were refused")
    }
    let storage = Storage(adopting: memory, count: port.byteCount) { pointer, _ in free(pointer) }
    do { return try NDArray(port.scalar, port.sizes, storage: storage, offset: 0) } catch {
      throw RuntimeError(.memory, at: port.name, error.message)
    }
  }

  // MARK: States

  func state(named name: String) throws(RuntimeError) -> NDArray { states.array(try stateIndex(name)) }

  func setStates(_ arrays: [String: NDArray]) throws(RuntimeError) {
    var fitting: [(index: Int, array: NDArray)] = []
    for (name, array) in arrays {
      let index = try stateIndex(name)
      let present = states.array(index)
      guard array.scalar == present.scalar else {
        throw RuntimeError(.wrongType, at: name, "is \(present.type), but is set to \(array.type)")
      }
      guard array.sizes == present.sizes else {
        throw RuntimeError(.wrongShape, at: name, "is \(present.type), but is set to \(array.type)")
      }
      fitting.append((index, array))
    }
    for (index, array) in fitting { states.set(index, to: array) }
  }

  func clearStates(_ names: some Collection<String>) throws(RuntimeError) {
    for name in names { states.clear(try stateIndex(name)) }
  }

  private func stateIndex(_ name: String) throws(RuntimeError) -> Int {
    guard let index = states.index(of: name) else {
      throw RuntimeError(.unknownName, at: name, "is not a state; there are: \(stateNames.joined(separator: ", "))")
    }
    return index
  }

  // MARK: Memory

  var memory: Session.Memory {
    Session.Memory(
      arenaByteCount: arena.byteCount, constantByteCount: constantByteCount, stateByteCount: states.ownedByteCount,
      programCount: programs.count)
  }

  func trim(programs dropsPrograms: Bool) {
    arena.release()
    if dropsPrograms { (programs, firstFrame) = (ProgramCache(), nil) }
  }
}
