import Checkpoints
import ClipGraph
import Datasets
import Foundation
import Graphs
import Tensors

/// A training step of a graph file, ready to be timed.
struct TrainingBench {
  let model: TrainableModel
  /// Threads for kernels.
  let threads: Int
  /// What had to be assumed of the sizes of noise.
  let assumptions: [Assumption]
  private let file: String
  private let sizes: NoiseSizes?

  /// Sizes of pictures and captions, as data would have them.
  private struct NoiseSizes {
    var side: Int
    /// Of all rows, padding included: the context, or the longest caption rounded up as those of data sets are.
    var length: Int
    /// Identifiers that the token table has rows for.
    var vocabulary: Int
  }

  /// - Parameter preparation: the sizes of noise, where the file leaves them open; nil where batches will be given.
  init(_ file: String, threads: Int, _ step: StepOptions, _ preparation: Preparation?, trustedRoot: String?) throws {
    self.file = file
    self.threads = threads > 0 ? threads : ProcessInfo.processInfo.activeProcessorCount
    let source = try readModel(file, trustedRoot: trustedRoot)
    let points = EntryPoints(source.graph)
    let assets = try preparation.map { try ModelAssets(source, points, $0, file: file) }
    assumptions = assets?.assumptions ?? []
    if let assets, let side = assets.preprocessing?.size, let context = assets.contextLength {
      sizes = NoiseSizes(
        side: side, length: assets.pooling == nil ? context : min(28, context),
        vocabulary: max(4, points.tokenTableRows ?? 49_408))
    } else {
      sizes = nil
    }
    model = try TrainableModel(source, options: step.options(threads: self.threads), place: file)
  }

  /// Two batches of noise: pixels, and captions of 9 to 25 tokens (fewer if the model takes fewer) that end at the largest
  /// identifier. A step that takes other tensors gets them where they are floating-point.
  ///
  /// - Parameter count: nil for what the file is made for, or 32.
  func randomBatches(of count: Int?) throws -> [[String: NDArray]] {
    var generator = SeededGenerator(seed: 0)
    guard let sizes, let inputs = try? model.stepInputs() else {
      return try (0..<2).map { _ in try otherTensors(count ?? 32, &generator) }
    }
    if let fixed = inputs.batch, let count, count != fixed {
      throw Failure(file, "takes \(fixed) samples in a step, and no other number; leave --batch out")
    }
    let lengths = (0..<(inputs.batch ?? count ?? 32)).map { min(sizes.length, 9 + $0 % 17) }
    return try (0..<2).map { _ in
      let images = try NDArray.noise([lengths.count, 3, sizes.side, sizes.side], &generator)
      return inputs.arrays(images: images, captions: captions(lengths, sizes, &generator), lengths: lengths)
    }
  }

  private func otherTensors(_ count: Int, _ generator: inout SeededGenerator) throws -> [String: NDArray] {
    try model.inputs.reduce(into: [:]) { batch, input in
      let sizes = input.type.shape.dimensions.enumerated().compactMap { $1.constant ?? ($0 == 0 ? count : nil) }
      guard input.type.scalar.isFloat, sizes.count == input.type.shape.rank else {
        throw Failure(
          file,
          "its input \(input.name) is \(input.type), for which there is no noise: the file has no features of pictures and "
            + "of captions that would tell their sizes; give a batch with --inputs")
      }
      batch[input.name] = try NDArray.noise(sizes, as: input.type.scalar, &generator)
    }
  }

  private func captions(_ lengths: [Int], _ sizes: NoiseSizes, _ generator: inout SeededGenerator) -> NDArray {
    let (size, length) = (sizes.vocabulary, sizes.length)
    var tokens: [Int] = []
    for filled in lengths {
      tokens.append(size - 2)
      for _ in 0..<filled - 2 { tokens.append(generator.index(size - 3) + 1) }
      tokens.append(size - 1)
      tokens += [Int](repeating: 0, count: length - filled)
    }
    return NDArray(whole: tokens, [lengths.count, length], as: .int64)
  }

  /// The batch in a safetensors file: one tensor for each of the algorithm's inputs.
  func batch(in path: String) throws -> [String: NDArray] {
    let tensors = try Safetensors(contentsOf: path).byName
    return try model.inputs.reduce(into: [:]) { batch, input in
      guard let tensor = tensors[input.name] else {
        throw Failure(path, "holds no \(input.name), which the algorithm reads")
      }
      batch[input.name] = tensor
    }
  }

  /// Times steps and reports.
  func run(_ batches: [[String: NDArray]], rounds: Int, profile: Bool) throws -> TrainingBenchReport {
    let clock = ContinuousClock()
    let start = clock.now
    _ = try model.step(batches[0])
    let first = milliseconds(clock.now - start)
    StepOptions.report(model)
    let session = try model.engine().session
    if profile { try session.startProfile() }
    let bar = ProgressBar("steps", total: rounds)
    var times: [Double] = []
    for round in 0..<rounds {
      times.append(milliseconds(try clock.measure { _ = try model.step(batches[(round + 1) % batches.count]) }))
      bar.update(round + 1)
    }
    bar.finish()
    let recorded = try session.stopProfile()
    let peak = ResourceUsage.peakBytes
    let median = times.median
    let image = (try? model.stepInputs()).flatMap { batches[0][$0.image.name] }
    let samples = image?.sizes.first ?? batches[0].values.compactMap { $0.sizes.first }.max() ?? 1
    let memory = try session.memory()
    let limits = Roofline(threads: threads)
    return TrainingBenchReport(
      batch: samples, rounds: rounds, medianSeconds: median / 1e3, fastestSeconds: (times.min() ?? 0) / 1e3,
      firstSeconds: first / 1e3, samplesPerSecond: median > 0 ? Double(samples) / median * 1e3 : 0, peakBytes: peak,
      arenaBytes: memory.arenaByteCount, stateBytes: memory.stateByteCount, limits: limits,
      profile: recorded.map { OperatorShare.shares($0, limits) })
  }
}

/// What `clipgraph bench --train` found.
struct TrainingBenchReport: Encodable {
  var batch: Int
  var rounds: Int
  var medianSeconds: Double
  var fastestSeconds: Double
  /// Compiling, planning and the first step.
  var firstSeconds: Double
  var samplesPerSecond: Double
  var peakBytes: Int
  /// What the values of a step need at once.
  var arenaBytes: Int
  /// Parameters and the optimiser's moments.
  var stateBytes: Int
  var limits: Roofline
  var profile: [OperatorShare]?

  enum CodingKeys: String, CodingKey {
    case batch, rounds, limits, profile
    case medianSeconds = "median_s"
    case fastestSeconds = "fastest_s"
    case firstSeconds = "first_s"
    case samplesPerSecond = "samples_per_s"
    case peakBytes = "peak_bytes"
    case arenaBytes = "arena_bytes"
    case stateBytes = "state_bytes"
  }

  /// Lines for readers.
  var lines: [String] {
    func decimal(_ number: Double, _ places: Int = 1) -> String { Quantity.decimal(number, places) }
    let lines = [
      "training step, batch \(batch): median \(decimal(medianSeconds, 3)) s, fastest \(decimal(fastestSeconds, 3)) s, "
        + "\(decimal(samplesPerSecond, 2)) samples/s, peak memory \(Quantity.bytes(peakBytes))",
      "  first step after \(decimal(firstSeconds, 2)) s; states \(Quantity.bytes(stateBytes)), "
        + "arena \(Quantity.bytes(arenaBytes))",
      limits.line,
    ]
    return lines + (profile.map { OperatorShare.table($0) } ?? [])
  }
}
