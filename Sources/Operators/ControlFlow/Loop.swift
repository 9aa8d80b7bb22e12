import Graphs
import Tensors

/// A body that is repeated, each time on the results of the time before.
///
/// Inputs: the number of trips (int64)?, the first condition (bool)?, the values that are carried, then what the body reads
/// besides. The body takes the trip's number, the condition and the carried values; it gives the next condition, the next
/// carried values, and a slice of each further output. The loop unrolls as soon as trips and conditions are known numbers,
/// while the graph is read or bound.
public struct Loop: Macro, Elaborated, Branching {
  public var body: Subgraph?

  public init() {}
  public init(body: Subgraph) { self.body = body }

  public static let onnx = [
    ONNXForm<Self>(
      "Loop", since: 1, inputs: .variadic(from: 0), outputs: .variadic(from: 0), ["body": .graph(\.body)])
  ]

  public var ownInputCount: Int { body?.inputCount ?? 0 }
  public var resultCount: Int { max((body?.outputCount ?? 0) - 1, 0) }

  public func formalTypes(_ inputs: [TensorType?]) -> [(name: String, type: TensorType)] {
    [("trip", TensorType(.int64, [])), ("condition", TensorType(.bool, []))]
      + inputs.prefix(ownInputCount).dropFirst(2).enumerated().compactMap { index, type in
        type.map { ("carried_\(index)", $0) }
      }
  }

  public func replacingSubgraphs(_ replacement: (Subgraph) -> Subgraph) -> Self {
    var result = self
    result.body = body.map(replacement)
    return result
  }

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] {
    try inferred(x) { inputs in
      guard let run = LoopRun(body, inputs) else { return nil }
      switch run.unrolled() {
      case .results(let results): return results
      case .undecided: return run.once()
      case .failed: return nil
      }
    }
  }

  public func elaboration(_ inputs: [Tensor?], outputs: Int) -> [Tensor]? {
    guard let run = LoopRun(body, inputs), case .results(let results) = run.unrolled() else { return nil }
    return results
  }

  /// nil while symbols may still decide.
  public func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    guard let run = LoopRun(body, inputs) else { return nil }
    switch run.unrolled() {
    case .results(let results): return results.map { $0.identity() }
    case .undecided(let reason): return run.builder.graph.symbols.isEmpty ? run.refuse(reason) : nil
    case .failed: return nil
    }
  }

  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel {
    throw ShapeError("the number of trips depends on data that is not known before running")
  }
}

/// One use of a loop.
private struct LoopRun {
  enum Outcome {
    case results([Tensor])
    /// Whether it goes on is not known, in words.
    case undecided(String)
    /// For a reason that the builder has recorded.
    case failed
  }

  let body: Subgraph
  let builder: GraphBuilder
  /// nil for a loop that only its condition ends.
  let trips: Tensor?
  let condition: Tensor?
  let carried: [Tensor]
  let captured: [Tensor?]

  init?(_ body: Subgraph?, _ inputs: [Tensor?]) {
    guard let builder = inputs.lazy.compactMap({ $0 }).first?.builder else { return nil }
    guard let body, body.inputCount >= 2 else {
      builder.record(
        .arity, at: builder.path, body == nil ? "has no body" : "the body must take a trip's number and a condition")
      return nil
    }
    let given = inputs.prefix(body.inputCount).dropFirst(2).compactMap { $0 }.count
    guard given == body.inputCount - 2, body.outputCount > given else {
      builder.record(
        .arity, at: builder.path,
        "\(given) values are carried, but the body takes \(body.inputCount - 2), and gives \(body.outputCount) outputs with the "
          + "condition")
      return nil
    }
    (self.body, self.builder, trips, condition) = (body, builder, inputs[0], inputs[1])
    carried = inputs[2..<body.inputCount].compactMap { $0 }
    captured = Array(inputs[body.inputCount...])
  }

  /// The number of trips as a polynomial; nil where it depends on data.
  private var count: Dimension? {
    trips?.contents?.first ?? trips?.evaluated?.integers?.first.map { Dimension($0) }
  }

  private func step(_ number: Tensor, _ condition: Tensor, _ values: [Tensor]) -> [Tensor]? {
    let results = body.build(builder, [number, condition] + values, captured: captured)
    return results?.count == body.outputCount ? results : nil
  }

  func refuse(_ message: String) -> [Tensor]? {
    builder.record(.shape, at: builder.path, message)
    return nil
  }

  /// What is said of a loop whose end is not known.
  private static func reason(_ what: String, _ value: Tensor?) -> String {
    "\(what) (\(value?.name ?? "")) depends on data that is not known before running: only what follows from sizes and "
      + "constants can be unrolled; export the model by tracing, which does so"
  }

  func unrolled() -> Outcome {
    guard trips == nil || count?.constant != nil else {
      return .undecided(LoopRun.reason("the number of trips", trips))
    }
    guard var goes = condition.map({ $0.knownChoice }) ?? true else {
      return .undecided(LoopRun.reason("whether the loop runs", condition))
    }
    let last = count?.constant ?? .max
    var values = carried
    var slices = [[Tensor]](repeating: [], count: body.outputCount - 1 - carried.count)
    var trip = 0
    while goes && trip < last {
      let isTrue = builder.constant(NDArray(true))
      guard
        let results = builder.scoped("\(trip)", { step(builder.constant(NDArray(Int64(trip))), isTrue, values) })
      else { return .failed }
      values = Array(results[1...carried.count])
      for (index, slice) in results.dropFirst(1 + carried.count).enumerated() { slices[index].append(slice) }
      trip += 1
      // What follows the last trip is not asked for.
      if trip == last { break }
      guard let next = results[0].knownChoice else {
        return .undecided(LoopRun.reason("whether the loop goes on after trip \(trip - 1)", results[0]))
      }
      goes = next
    }
    if trip == 0, !slices.isEmpty { return emptySlices().map { .results(values + $0) } ?? .failed }
    return .results(values + slices.map { concatenated($0.map { $0.unsqueezed([0]) }, axis: 0) })
  }

  /// The stacked outputs of a loop that never runs.
  private func emptySlices() -> [Tensor]? {
    let trial = GraphBuilder(extending: builder.graph)
    func moved(_ tensor: Tensor) -> Tensor { Tensor(trial, tensor.id) }
    let inputs = [trial.constant(NDArray(Int64(0))), trial.constant(NDArray(true))] + carried.map(moved)
    guard let results = body.build(trial, inputs, captured: captured.map { $0.map(moved) }) else {
      return refuse("the loop never runs, and what it would give is not known")
    }
    return results.dropFirst(1 + carried.count).map { slice in
      builder.zeros(
        shape: builder.shapeVector([0] + slice.shape.dimensions, from: carried + captured.compactMap { $0 }),
        slice.scalar)
    }
  }

  /// Tensors of the types that a loop of unknown length gives: one trip on any numbers, which must leave types as they are.
  func once() -> [Tensor]? {
    let formals = carried.map { builder.input($0.name, $0.scalar, $0.shape) }
    let goes = builder.input("goes", .bool, [])
    guard let results = step(builder.input("trip", .int64, []), goes, formals) else { return nil }
    for (before, after) in zip(carried, results.dropFirst()) where before.type != after.type {
      return refuse(
        "the carried value \(before.name) changes from \(before.type) to \(after.type) in a trip, and the number of trips "
          + "(\(count.map(\.description) ?? trips?.name ?? "ended by a condition")) depends on data or on sizes that are not "
          + "known: export the model with fixed sizes")
    }
    let slices = results.dropFirst(1 + carried.count)
    guard !slices.isEmpty else { return Array(results[1...carried.count]) }
    // As many as there are trips, where no condition ends them.
    let startsAnyway = condition.map { $0.knownChoice == true } ?? true
    let goesAnyway = results[0].knownChoice == true || results[0].id == goes.id
    guard let count, startsAnyway, goesAnyway else {
      return refuse(
        "how many slices the loop stacks depends on data or on sizes that are not known: export the model with fixed sizes"
      )
    }
    return Array(results[1...carried.count])
      + slices.map { builder.input("slices", $0.scalar, Shape([count] + $0.shape.dimensions)) }
  }
}
