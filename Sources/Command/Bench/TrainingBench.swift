import CLIPModel
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
  /// The most tokens that a caption may have; nil where the file does not say.
  private let contextLength: Int?

  init(_ file: String, threads: Int, _ step: StepOptions, trustedRoot: String?) throws {
    self.file = file
    self.threads = threads > 0 ? threads : ProcessInfo.processInfo.activeProcessorCount
    let source = try readModel(file, trustedRoot: trustedRoot)
    contextLength = try CLIPMetadata(of: source)?.configuration.text.contextLength
    vocabularySize = EntryPoints(source.graph).tokenTableRows ?? 49_408
    model = try TrainableModel(source, options: step.options(threads: self.threads), place: file)
  }

  /// Two batches of noise: pixels, and captions of 9 to 25 tokens (fewer if the model takes fewer) that end at the largest identifier.
  func randomBatches(of count: Int) throws -> [[String: NDArray]] {
    var generator = SeededGenerator(seed: 0)
    return try (0..<2).map { _ in
      var batch: [String: NDArray] = [:]
      for (name, type) in model.inputs {
        let sizes = try type.shape.dimensions.enumerated().map { axis, dimension in
          if let size = dimension.constant { return size }
          if axis == 0 { return count }
          guard name == "text", axis == 1 else {
            throw Failure(file, "its input \(name) is \(type); give a batch with --inputs")
          }
          // The longest caption, rounded up as batches of a data set are.
          return min(28, contextLength ?? 28)
        }
        let elements = sizes.reduce(1, *)
        if type.scalar.isFloat {
          batch[name] = NDArray((0..<elements).map { _ in Float(generator.uniform(-2, 2)) }, sizes, as: type.scalar)
        } else if name == "text", sizes.count == 2 {
          batch[name] = NDArray(whole: captions(sizes[0], sizes[1], &generator), sizes, as: type.scalar)
        } else {
          throw Failure(file, "its input \(name) is \(type); give a batch with --inputs")
        }
      }
      return batch
    }
  }

  private func captions(_ count: Int, _ length: Int, _ generator: inout SeededGenerator) -> [Int] {
    let size = max(4, vocabularySize)
    var tokens: [Int] = []
    for row in 0..<count {
      let filled = max(2, min(length, 9 + row % 17))
      tokens.append(size - 2)
      for _ in 0..<filled - 2 { tokens.append(generator.index(size - 3) + 1) }
      tokens.append(size - 1)
      tokens += [Int](repeating: 0, count: length - filled)
    }
    return tokens
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
