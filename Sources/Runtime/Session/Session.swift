import Graphs
import Tensors

/// A graph ready to run, from any thread: its weights and states, the programs it has met, and one thread that runs them.
///
/// Callers queue; a run sees the states as the run before left them. Symbols are bound by the shapes of the inputs, and
/// every new binding is planned once.
public final class Session: Sendable {
  let engine: Engine
  let executor: Executor

  /// - Parameter graph: Verified, and already optimised.
  /// - Throws: `RuntimeError` when `options.variables` names what is no initializer.
  public init(_ graph: Graph, options: Options = Options()) throws(RuntimeError) {
    engine = try Engine(graph, options: options)
    executor = Executor { options.prepareThread(options.threads) }
  }

  /// The graph that the session was made of.
  public var graph: Graph { engine.graph }

  // MARK: Running

  /// Computes outputs (all of them, unless names are given). States stay as they are.
  ///
  /// Only what the outputs need must be given.
  ///
  /// - Throws: `RuntimeError`: an input is missing, unknown, of another type or shape than declared; a symbol is bound to
  ///   two numbers; a kernel refuses its data, as an index out of range.
  public func run(_ inputs: [String: NDArray], outputs: [String]? = nil) throws(RuntimeError) -> [String: NDArray] {
    try executor.perform { () throws(RuntimeError) in try engine.run(inputs, Request(outputs, updates: .none)) }
  }

  /// Computes outputs and updates the states, all at once, after everything has read them. Outputs show the states as they
  /// were before.
  ///
  /// - Parameter updating: the only states to update; nil for all.
  /// - Throws: as `run`; also for a name that nothing updates. After an error no state has changed: everything that a kernel may refuse is looked at before the
  ///   first state is written.
  @discardableResult
  public func step(
    _ inputs: [String: NDArray], outputs: [String]? = nil, updating: Set<String>? = nil
  ) throws(RuntimeError) -> [String: NDArray] {
    let request = Request(outputs, updates: updating.map { .only($0) } ?? .all)
    return try executor.perform { () throws(RuntimeError) in try engine.run(inputs, request) }
  }

  /// A run for the sizes (and, where they decide shapes, the numbers) of `inputs`, to be repeated on raw memory.
  ///
  /// - Parameter updating: the only states to update; nil for all, if `updates`.
  public func prepare(
    _ inputs: [String: NDArray], outputs: [String]? = nil, updates: Bool = false, updating: Set<String>? = nil
  ) throws(RuntimeError) -> PreparedRun {
    let request = Request(outputs, updates: updating.map { .only($0) } ?? (updates ? .all : .none))
    return try executor.perform { () throws(RuntimeError) in
      let frame = try engine.frame(inputs, request)
      return PreparedRun(frame, engine, executor)
    }
  }

  /// The program for these symbols, planned but not run. `numbers` gives inputs that decide shapes.
  public func program(
    _ symbols: [String: Int], numbers: [String: NDArray] = [:], outputs: [String]? = nil, updates: Bool = false
  ) throws(RuntimeError) -> Program {
    try executor.perform { () throws(RuntimeError) in
      try engine.frame(symbols: symbols, numbers: numbers, Request(outputs, updates: updates ? .all : .none)).program
    }
  }

  // MARK: States

  /// States and variables, in the order of the graph.
  public var stateNames: [String] { engine.stateNames }

  /// The state's numbers as they are now: a copy.
  public func state(named name: String) throws(RuntimeError) -> NDArray {
    try executor.perform { () throws(RuntimeError) in try engine.state(named: name).copied() }
  }

  /// Copies of all states, or of the named ones, as they are between two runs.
  public func states(named names: [String]? = nil) throws(RuntimeError) -> [String: NDArray] {
    try executor.perform { () throws(RuntimeError) in
      var copies: [String: NDArray] = [:]
      for name in names ?? stateNames { copies[name] = try engine.state(named: name).copied() }
      return copies
    }
  }

  /// Replaces a state's numbers.
  ///
  /// - Throws: `RuntimeError` for an unknown name, and for another type or other sizes.
  public func setState(named name: String, to array: NDArray) throws(RuntimeError) {
    try setStates([name: array])
  }

  /// Replaces several states' numbers between two runs: all of them, or none if one does not fit.
  ///
  /// - Throws: `RuntimeError` for an unknown name, and for another type or other sizes.
  public func setStates(_ arrays: [String: NDArray]) throws(RuntimeError) {
    try executor.perform { () throws(RuntimeError) in try engine.setStates(arrays) }
  }

  /// Fills states with zeros between two runs.
  ///
  /// - Throws: `RuntimeError` for an unknown name.
  public func clearStates(named names: some Collection<String>) throws(RuntimeError) {
    try executor.perform { () throws(RuntimeError) in try engine.clearStates(names) }
  }

  // MARK: Inspection

  /// Measures the runs from now on. Measuring costs time and memory; without it there is no cost.
  public func startProfile() throws(RuntimeError) {
    try executor.perform { () throws(RuntimeError) in engine.recorder = ProfileRecorder() }
  }

  /// Where the time went since `startProfile`; nil if it was not called.
  public func stopProfile() throws(RuntimeError) -> Profile? {
    try executor.perform { () throws(RuntimeError) in
      defer { engine.recorder = nil }
      return engine.recorder?.profile
    }
  }

  public func memory() throws(RuntimeError) -> Memory {
    try executor.perform { () throws(RuntimeError) in engine.memory }
  }

  /// Gives the arena back, and the programs too if asked. The next run takes what it needs anew.
  public func trim(programs: Bool = false) throws(RuntimeError) {
    try executor.perform { () throws(RuntimeError) in engine.trim(programs: programs) }
  }
}

/// What a caller asks for.
struct Request: Hashable {
  enum Updates: Hashable {
    case none, all
    case only(Set<String>)
  }

  /// nil for all.
  var outputs: [String]?
  var updates: Updates

  init(_ outputs: [String]?, updates: Updates) {
    self.outputs = outputs
    self.updates = updates
  }
}
