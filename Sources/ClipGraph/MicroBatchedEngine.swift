import Graphs
import Passes
import Runtime
import Tensors
import TrainingGraphs

/// Takes steps of a training graph on batches of any size, a micro-batch at a time.
final class MicroBatchedEngine {
  let engine: Engine
  private let plan: MicroBatching
  /// Samples of a micro-batch.
  private let count: Int

  init(
    _ algorithm: Graph, count: Int, threads: Int, recomputation: Recomputation, recomputationBudget: Int?
  ) throws(ClipGraphError) {
    let plan = try explaining { try MicroBatching(algorithm) }
    (self.plan, self.count) = (plan, max(1, count))
    engine = try Engine(
      plan.graph, compilation: .training, threads: threads, recomputation: recomputation,
      recomputationBudget: recomputationBudget, captions: StepInputs.captions(of: algorithm))
  }

  /// One step on the whole batch. No state changes before the whole batch has been embedded.
  func step(_ inputs: [String: NDArray]) throws(ClipGraphError) -> [String: NDArray] {
    let session = engine.session
    let samples = try sampleCount(inputs)
    let embeddings = plan.cuts.map(\.embedding)
    var cached: [String: NDArray] = [:]
    var parts: [[String: NDArray]] = []
    for start in stride(from: 0, to: samples, by: count) {
      let range = start..<min(start + count, samples)
      let part = try explaining { engine.completed(try inputs.mapValues { try $0.rows(range) }) }
      let embedded = try explaining { try session.run(part, outputs: embeddings) }
      for cut in plan.cuts {
        guard let rows = embedded[cut.embedding] else { continue }
        if cached[cut.cached] == nil {
          cached[cut.cached] = try explaining { try NDArray(zeros: rows.scalar, [samples] + rows.sizes.dropFirst()) }
        }
        cached[cut.cached]?.setRows(range, to: rows)
      }
      parts.append(part)
    }
    for whole in plan.wholeInputs { cached[whole.cached] = inputs[whole.input] }
    let wanted = plan.outputs + plan.cuts.map(\.gradient)
    return try explaining {
      try session.clearStates(named: plan.sums)
      let results = try session.step(cached, outputs: wanted, updating: plan.lossSums)
      for (number, part) in parts.enumerated() {
        var part = part
        let start = number * count
        for cut in plan.cuts {
          part[cut.cachedGradient] = try results[cut.gradient]?.rows(start..<min(start + count, samples))
        }
        // The embeddings say what the forward part is, so that it can be computed again.
        try session.step(part, outputs: embeddings, updating: plan.accumulated)
      }
      try session.step([:], outputs: [], updating: plan.updated)
      return results.filter { plan.outputs.contains($0.key) }
    }
  }

  /// The program of the part that needs most memory.
  func largestProgram(_ inputs: [String: NDArray]) throws(ClipGraphError) -> Program {
    let samples = min(count, try sampleCount(inputs))
    return try explaining {
      var part = engine.completed(try inputs.mapValues { try $0.rows(0..<samples) })
      for cut in plan.cuts {
        guard let id = plan.graph.value(named: cut.cachedGradient), case let type = plan.graph[id].type else {
          continue
        }
        let width = type.shape.dimensions.dropFirst().compactMap(\.constant)
        part[cut.cachedGradient] = try NDArray(zeros: type.scalar, [samples] + width)
      }
      let embeddings = plan.cuts.map(\.embedding)
      return try engine.session.prepare(part, outputs: embeddings, updates: true, updating: plan.accumulated).program
    }
  }

  /// Samples in the batch: the first extent of all inputs.
  private func sampleCount(_ inputs: [String: NDArray]) throws(ClipGraphError) -> Int {
    let counts = Set(inputs.values.map { $0.sizes.first ?? 0 })
    guard let samples = counts.first, counts.count == 1, samples > 0 else {
      throw ClipGraphError("micro-batches", "inputs have \(counts.sorted()) samples; they must have the same number")
    }
    return samples
  }
}

extension NDArray {
  /// Some rows along the first axis, in the same memory.
  func rows(_ range: Range<Int>) throws(ShapeError) -> NDArray {
    let bytes = sizes.dropFirst().reduce(scalar.size, *)
    return try NDArray(
      scalar, [range.count] + sizes.dropFirst(), storage: storage, offset: offset + range.lowerBound * bytes)
  }

  /// Writes rows along the first axis, for the one who made this array and has not shared it yet.
  func setRows(_ range: Range<Int>, to rows: NDArray) {
    let bytes = sizes.dropFirst().reduce(scalar.size, *)
    guard rows.byteCount == range.count * bytes, range.upperBound <= (sizes.first ?? 0) else { return }
    (address + range.lowerBound * bytes).copyMemory(from: rows.address, byteCount: rows.byteCount)
  }
}
