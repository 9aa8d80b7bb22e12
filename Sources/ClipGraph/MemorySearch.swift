import Graphs
import Passes
import Tensors
import TrainingGraphs

/// Looks for the fastest way to take a step within a number of bytes: what is quicker comes first.
struct MemorySearch {
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
      let step: CompiledStep
      let byteCount: Int
      do throws(ClipGraphError) {
        step = try CompiledStep(algorithm, candidate)
        byteCount = try step.byteCount(inputs)
      } catch {
        // An algorithm that does not name its embeddings takes no micro-batches, nor does one that is made for a batch.
        guard candidate.microBatch != nil, options.microBatch == nil else { throw error }
        break
      }
      let choice = TrainableModel.MemoryChoice(
        recomputation: candidate.recomputation ?? .none, microBatch: candidate.microBatch,
        byteCount: byteCount)
      if choice.byteCount <= limit { return (choice, step) }
      if choice.byteCount < smallest?.byteCount ?? .max { smallest = choice }
    }
    let least = smallest.map { "; the least, \($0.byteCount >> 20) MiB, is with \($0)" } ?? ""
    throw ClipGraphError(
      place, "a step on \(samples) samples does not fit into \(limit >> 20) MiB\(least): raise the limit")
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
        result.append(candidate)
      }
    }
    return result
  }
}
