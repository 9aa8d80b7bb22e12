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
      return run.isCountKnown ? run.unrolled() : run.once()
    }
  }

  public func elaboration(_ inputs: [Tensor?], outputs: Int) -> [Tensor]? {
    guard let run = LoopRun(body, inputs), run.isCountKnown else { return nil }
    return run.unrolled()
  }

  public func definition(_ inputs: [Tensor?]) -> [Tensor]? { elaboration(inputs, outputs: 1)?.map { $0.identity() } }

  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel {
    throw ShapeError("the number of trips depends on data that is not known before running")
  }
}

/// One use of a loop.
private struct LoopRun {
  let body: Subgraph
  let builder: GraphBuilder
  /// nil for a loop that only its condition ends.
  let trips: Tensor?
  let condition: Tensor?
  let carried: [Tensor]
  let captured: [Tensor?]

  init?(_ body: Subgraph?, _ inputs: [Tensor?]) {
    guard let body, body.inputCount >= 2, inputs.count >= body.inputCount,
      let builder = inputs.lazy.compactMap({ $0 }).first?.builder
    else { return nil }
    (self.body, self.builder, trips, condition) = (body, builder, inputs[0], inputs[1])
    carried = inputs[2..<body.inputCount].compactMap { $0 }
    captured = Array(inputs[body.inputCount...])
    guard carried.count == body.inputCount - 2, body.outputCount > carried.count else { return nil }
  }

  /// The number of trips as a polynomial; nil where it depends on data.
  private var count: Dimension? {
    trips?.contents?.first ?? trips?.evaluated?.integers?.first.map { Dimension($0) }
  }

  var isCountKnown: Bool { trips == nil || count?.constant != nil }

  private func step(_ number: Tensor, _ values: [Tensor]) -> [Tensor]? {
    body.build(builder, [number, builder.constant(NDArray(true))] + values, captured: captured)
  }

  private func refuse(_ message: String) -> [Tensor]? {
    builder.record(.unsupported, at: builder.path, message)
    return nil
  }

  func unrolled() -> [Tensor]? {
    guard var goes = condition.map({ $0.knownChoice }) ?? true else {
      return refuse("whether the loop runs (\(condition?.name ?? "")) depends on data")
    }
    let last = count?.constant ?? .max
    var values = carried
    var slices = [[Tensor]](repeating: [], count: body.outputCount - 1 - carried.count)
    var trip = 0
    while goes && trip < last {
      guard let results = builder.scoped("\(trip)", { step(builder.constant(NDArray(Int64(trip))), values) }),
        results.count == body.outputCount
      else { return nil }
      values = Array(results[1...carried.count])
      for (index, slice) in results.dropFirst(1 + carried.count).enumerated() { slices[index].append(slice) }
      guard let next = results[0].knownChoice else {
        return refuse("whether the loop goes on after trip \(trip) (\(results[0].name)) depends on data")
      }
      goes = next
      trip += 1
    }
    if trip == 0, !slices.isEmpty { return emptySlices().map { values + $0 } }
    return values + slices.map { concatenated($0.map { $0.unsqueezed([0]) }, axis: 0) }
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

  /// Tensors of the types that a loop over a symbolic number of trips gives: one trip, which must leave types as they are.
  func once() -> [Tensor]? {
    guard let count else { return refuse("the number of trips (\(trips?.name ?? "")) depends on data") }
    let input = builder.input("trip", .int64, [])
    guard let results = step(input, carried), results.count == body.outputCount else { return nil }
    for (before, after) in zip(carried, results.dropFirst()) where before.type != after.type {
      return refuse(
        "over \(count) trips a carried value changes from \(before.type) to \(after.type): fix the number of trips")
    }
    return Array(results[1...carried.count])
      + results.dropFirst(1 + carried.count).map { slice in
        let dimensions = [count] + slice.shape.dimensions
        return builder.input("slices", slice.scalar, Shape(dimensions))
      }
  }
}
