import Graphs
import Passes
import Runtime
import Tensors
import TrainingGraphs

/// Looks for the fastest way to take a step within a number of bytes: what is quicker comes first. Blocks are tried
/// without products; where they fit, they keep as many as the rest of the bytes allows.
struct MemorySearch {
  /// A way to take a step, planned.
  private struct Plan {
    let choice: TrainableModel.MemoryChoice
    let step: CompiledStep
    let program: Program

    init(
      _ algorithm: Graph, _ options: TrainableModel.Options, _ inputs: [String: NDArray]
    ) throws(ClipGraphError) {
      step = try CompiledStep(algorithm, options)
      program = try step.program(inputs)
      let recomputation = options.recomputation ?? .none
      choice = TrainableModel.MemoryChoice(
        recomputation: recomputation, microBatch: options.microBatch, byteCount: step.byteCount(program),
        recomputationBudget: recomputation == .blocks ? options.recomputationBudget : nil)
    }
  }

  private let algorithm: Graph
  private let options: TrainableModel.Options
  private let place: String

  init(_ algorithm: Graph, _ options: TrainableModel.Options, place: String) {
    (self.algorithm, self.options, self.place) = (algorithm, options, place)
  }

  /// The first candidate that fits.
  ///
  /// - Throws: `ClipGraphError` that says how many bytes the smallest takes, when none fits.
  func choice(
    within limit: Int, for inputs: [String: NDArray]
  ) throws(ClipGraphError) -> (TrainableModel.MemoryChoice, CompiledStep) {
    let samples = inputs.values.compactMap { $0.sizes.first }.max() ?? 1
    var smallest: TrainableModel.MemoryChoice?
    for candidate in candidates(samples) {
      let plan: Plan
      do throws(ClipGraphError) { plan = try Plan(algorithm, candidate, inputs) } catch {
        // An algorithm that does not name its embeddings takes no micro-batches, nor does one that is made for a batch.
        guard candidate.microBatch != nil, options.microBatch == nil else { throw error }
        break
      }
      if plan.choice.byteCount <= limit {
        let best = try plan.choice.recomputationBudget == 0 ? raised(plan, candidate, limit, inputs) : plan
        return (best.choice, best.step)
      }
      if plan.choice.byteCount < smallest?.byteCount ?? .max { smallest = plan.choice }
    }
    let least = smallest.map { "; the least, \($0.byteCount >> 20) MiB, is with \($0)" } ?? ""
    throw ClipGraphError(
      place, "a step on \(samples) samples does not fit into \(limit >> 20) MiB\(least): raise the limit")
  }

  /// The plan with products kept in the bytes that are left: with all of these for a budget, or with a half or a
  /// quarter, where the arena grows by more. As it is, where no product fits.
  private func raised(
    _ plan: Plan, _ candidate: TrainableModel.Options, _ limit: Int, _ inputs: [String: NDArray]
  ) throws(ClipGraphError) -> Plan {
    guard options.recomputationBudget == nil else { return plan }
    var candidate = candidate
    var budget = min(limit - plan.choice.byteCount, plan.program.memory.tensorByteCount)
    for _ in 0..<3 where budget > 0 {
      candidate.recomputationBudget = budget
      let larger = try Plan(algorithm, candidate, inputs)
      guard larger.program.flops < plan.program.flops else { break }
      if larger.choice.byteCount <= limit { return larger }
      budget /= 2
    }
    return plan
  }

  /// From quick to small. A choice of the caller's stays.
  private func candidates(_ samples: Int) -> [TrainableModel.Options] {
    let recomputations = options.recomputation.map { [$0] } ?? Recomputation.allCases
    var counts: [Int?] = [options.microBatch]
    if options.microBatch == nil {
      var count = (samples + 1) / 2
      while count >= 1, counts.count < 12 {
        counts.append(count)
        if count == 1 { break }
        count = (count + 1) / 2
      }
    }
    var result: [TrainableModel.Options] = []
    for (index, count) in counts.enumerated() {
      // Blocks go with micro-batches as soon as there are any: the batch alone did not fit with them.
      for recomputation in index == 0 ? recomputations : [recomputations[recomputations.count - 1]] {
        var candidate = options
        (candidate.recomputation, candidate.microBatch, candidate.memoryLimit) = (recomputation, count, nil)
        if recomputation == .blocks { candidate.recomputationBudget = options.recomputationBudget ?? 0 }
        result.append(candidate)
      }
    }
    return result
  }
}
