import CLIPModel
import Checkpoints
import ClipGraph
import Datasets
import Foundation
import Graphs
import Tensors

/// One tower of a graph file, ready to be timed.
struct BenchTarget {
  let file: String
  let engine: Engine
  let tower: Tower
  let assumptions: [Assumption]
  /// Threads for kernels.
  let threads: Int
  private let entry: EntryPoints.Entry
  private let points: EntryPoints
  private let assets: ModelAssets

  var output: String { entry.output }

  /// - Parameters:
  ///   - output: an output's name, where it is not the features.
  ///   - isNoise: whether batches will have the sizes that the model usually has.
  ///   - strassen: as `CLIP.Options` has it.
  ///   - trustedRoot: a directory whose files links to external data may lead to.
  init(
    _ file: String, tower: Tower, output: String?, _ preparation: Preparation, isNoise: Bool, threads: Int,
    strassen: Bool, trustedRoot: String?
  ) throws {
    let model = try readModel(file, trustedRoot: trustedRoot)
    var points = EntryPoints(model.graph)
    guard let entry = points.entry(tower, output: output) else {
      let names = points.graph.outputs.map(\.name).joined(separator: ", ")
      throw Failure(
        file,
        output.map { "has no output \($0), or no input for it; its outputs are \(names)" }
          ?? "has no features of the \(tower.rawValue) tower; choose an output with --output: \(names)")
    }
    points = points.keeping(tower, entry)
    assets = try ModelAssets(model, points, preparation, file: file)
    if isNoise {
      points = try points.bound(
        side: assets.preprocessing?.size, length: assets.pooling == nil ? assets.contextLength : nil, place: file)
    }
    points = points.cuttingCaptions(assets)
    assumptions = points.assumptions + assets.assumptions
    self.entry = points.entry(tower) ?? entry
    (self.file, self.tower, self.points) = (file, tower, points)
    self.threads = threads > 0 ? threads : ProcessInfo.processInfo.activeProcessorCount
    engine = try Engine(points.graph, compilation: .inference, threads: self.threads, strassen: strassen)
  }

  func run(_ batch: NDArray) throws -> NDArray {
    guard let result = try engine.run(inputs(batch), outputs: [output])[output] else {
      throw Failure(file, "gave no \(output)")
    }
    return result
  }

  /// The batch, captions without what nothing reads of them, and what accompanies these. A caption ends at its largest
  /// identifier.
  private func inputs(_ batch: NDArray) -> [String: NDArray] {
    let batch = tower == .text ? points.withoutUnread(batch) : batch
    var inputs = [entry.input: batch]
    guard tower == .text, !points.companions.isEmpty, batch.sizes.count == 2, let numbers = batch.integers else {
      return inputs
    }
    let length = batch.sizes[1]
    let lengths = (0..<batch.sizes[0]).map { row in
      let tokens = numbers[row * length..<(row + 1) * length]
      return (tokens.firstIndex(of: tokens.max() ?? 0) ?? tokens.endIndex - 1) - tokens.startIndex + 1
    }
    inputs.merge(points.companions(lengths: lengths, length: length)) { $1 }
    return inputs
  }

  /// Floating-point operations of one run on `batch`.
  func flops(_ batch: NDArray) throws -> Int {
    try engine.session.program(symbols(batch), outputs: [output]).flops
  }

  /// The time that planning takes for one item more than `batch` has; nil where the graph is made for a number of items.
  func planMilliseconds(_ batch: NDArray) throws -> Double? {
    guard let items = entry.inputType.shape[0].symbolName else { return nil }
    var symbols = symbols(batch)
    symbols[items, default: 1] += 1
    return milliseconds(try ContinuousClock().measure { _ = try engine.session.program(symbols, outputs: [output]) })
  }

  /// The sizes of the inputs' symbols.
  private func symbols(_ batch: NDArray) -> [String: Int] {
    var symbols: [String: Int] = [:]
    for (name, array) in inputs(batch) {
      guard let id = points.graph.inputs.first(where: { points.graph[$0].name == name }) else { continue }
      for (dimension, size) in zip(points.graph[id].type.shape.dimensions, array.sizes) {
        if let symbol = dimension.symbolName { symbols[symbol] = size }
      }
    }
    return symbols
  }

  // MARK: Batches

  /// The batches `image.0`, `image.1`, … (or `text.0`, …) of a safetensors file.
  func batches(in path: String) throws -> [NDArray] {
    let tensors = try Safetensors(contentsOf: path).byName
    var batches: [NDArray] = []
    while let batch = tensors["\(tower.rawValue).\(batches.count)"] { batches.append(batch) }
    if batches.isEmpty {
      throw Failure(path, "holds no \(tower.rawValue).0: name the batches \(tower.rawValue).0, and so on")
    }
    return batches
  }

  /// Two batches of noise: pixels in −2 ..< 2, or captions.
  ///
  /// - Parameters:
  ///   - count: nil for what the graph is made for, or one.
  ///   - tokens: of the longest caption, others have half of it or more; nil for captions that fill the context.
  func randomBatches(of count: Int?, tokens: Int?) throws -> [NDArray] {
    if let fixed = entry.batch, let count, count != fixed {
      throw Failure(file, "takes \(fixed) items at once, and no other number; leave --batch out")
    }
    let count = count ?? entry.batch ?? 1
    var generator = SeededGenerator(seed: 0)
    return try (0..<2).map { _ in
      switch tower {
      case .image: try randomPixels(count, &generator)
      case .text: try randomCaptions(count, tokens, &generator)
      }
    }
  }

  private func randomPixels(_ count: Int, _ generator: inout SeededGenerator) throws -> NDArray {
    guard let side = assets.preprocessing?.size, entry.inputType.shape.rank == 4 else {
      throw Failure(file, "its input \(entry.input) is \(entry.inputType); give batches with --inputs")
    }
    let sizes = entry.hasChannelsLast ? [count, side, side, 3] : [count, 3, side, side]
    return try NDArray.noise(sizes, as: entry.inputType.scalar, &generator)
  }

  /// Start, words, end, padding; the end of text has the largest identifier.
  private func randomCaptions(
    _ count: Int, _ tokens: Int?, _ generator: inout SeededGenerator
  ) throws -> NDArray {
    let (size, length) = (points.tokenTableRows ?? 49_408, assets.contextLength ?? 77)
    guard size >= 3, length >= 3 else {
      throw Failure(file, "reads captions of \(length) tokens; give batches with --inputs")
    }
    guard tokens ?? length <= length else {
      throw Failure("--tokens \(tokens ?? 0)", "is more than the \(length) tokens that the model reads")
    }
    let values = (0..<count).flatMap { row in
      let longest = tokens ?? length
      let shortest = max(3, (longest + 1) / 2)
      let filled = row == 0 || tokens == nil ? longest : shortest + generator.index(longest - shortest + 1)
      let words = (0..<filled - 2).map { _ in generator.index(size - 3) + 1 }
      return [size - 2] + words + [size - 1] + [Int](repeating: 0, count: length - filled)
    }
    return NDArray(whole: values, [count, length], as: entry.inputType.scalar)
  }
}
