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
  private let file: String
  /// Identifiers that the token table has rows for.
  private let vocabularySize: Int
  /// The most tokens that a caption may have; nil where nothing says.
  private let contextLength: Int?
  /// Side of the pictures, where the step leaves it open.
  private let imageSize: Int

  /// - Parameter preparation: the sizes of noise, where the file leaves them open; nil where batches will be given.
  init(_ file: String, threads: Int, _ step: StepOptions, _ preparation: Preparation?, trustedRoot: String?) throws {
    self.file = file
    self.threads = threads > 0 ? threads : ProcessInfo.processInfo.activeProcessorCount
    let source = try readModel(file, trustedRoot: trustedRoot)
    let points = EntryPoints(source.graph)
    let assets = try preparation.map { try ModelAssets(source, points, $0, file: file) }
    (contextLength, imageSize) = (assets?.contextLength, assets?.preprocessing?.size ?? 224)
    vocabularySize = points.tokenTableRows ?? 49_408
    model = try TrainableModel(source, options: step.options(threads: self.threads), place: file)
  }

  /// Two batches of noise: pixels, and captions of 9 to 25 tokens (fewer if the model takes fewer) that end at the largest
  /// identifier. A step that takes other tensors gets them where they are floating-point.
  func randomBatches(of count: Int) throws -> [[String: NDArray]] {
    var generator = SeededGenerator(seed: 0)
    guard let inputs = try? model.stepInputs() else {
      return try (0..<2).map { _ in try otherTensors(count, &generator) }
    }
    let rows = inputs.batch ?? count
    // The longest caption, rounded up as batches of a data set are.
    let length = inputs.text.type.shape[1].constant ?? min(28, contextLength ?? 28)
    let lengths = (0..<rows).map { max(2, min(length, 9 + $0 % 17)) }
    return (0..<2).map { _ in
      let images = noise([rows] + inputs.imageSizes(side: imageSize), &generator)
      return inputs.arrays(images: images, captions: captions(lengths, length, &generator), lengths: lengths)
    }
  }

  private func otherTensors(_ count: Int, _ generator: inout SeededGenerator) throws -> [String: NDArray] {
    try model.inputs.reduce(into: [:]) { batch, input in
      let sizes = input.type.shape.dimensions.enumerated().compactMap { $1.constant ?? ($0 == 0 ? count : nil) }
      guard input.type.scalar.isFloat, sizes.count == input.type.shape.rank else {
        throw Failure(
          file, "its input \(input.name) is \(input.type), neither pictures nor captions; give a batch with --inputs")
      }
      let numbers = noise(sizes, &generator)
      batch[input.name] = NDArray(numbers.values(as: Float.self), sizes, as: input.type.scalar)
    }
  }

  private func noise(_ sizes: [Int], _ generator: inout SeededGenerator) -> NDArray {
    NDArray((0..<sizes.reduce(1, *)).map { _ in Float(generator.uniform(-2, 2)) }, sizes)
  }

  private func captions(_ lengths: [Int], _ length: Int, _ generator: inout SeededGenerator) -> NDArray {
    let size = max(4, vocabularySize)
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
    times.sort()
    let middle = times.count / 2
    let median = times.count % 2 == 1 ? times[middle] : (times[middle - 1] + times[middle]) / 2
    let samples = batches[0].values.compactMap { $0.sizes.first }.max() ?? 1
    let memory = try session.memory()
    let limits = Roofline(threads: threads)
    return TrainingBenchReport(
      batch: samples, rounds: rounds, medianSeconds: median / 1e3, fastestSeconds: times[0] / 1e3,
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
