import CLIPModel
import Checkpoints
import ClipGraph
import Datasets
import Graphs
import Tensors

/// One tower of a graph file, ready to be timed.
struct BenchTarget {
  let engine: Engine
  let tower: Tower
  let input: String
  let output: String
  private let inputType: TensorType
  private let metadata: CLIPMetadata?
  private let file: String

  /// - Parameter output: an output's name where the file has several and none is called `image_features` or `text_features`.
  init(_ file: String, tower: Tower, output: String?, threads: Int) throws {
    let model = try readModel(file)
    let graph = model.graph
    let own = "\(tower.rawValue)_features"
    let names = graph.outputs.map(\.name)
    let chosen = output ?? (names.contains(own) ? own : names.count == 1 ? names[0] : nil)
    guard let chosen, names.contains(chosen) else {
      throw Failure(
        file, "has no output \(output ?? own); choose one with --output: \(names.joined(separator: ", "))")
    }
    let inputs = graph.inputs.map { graph[$0] }
    guard let port = inputs.first(where: { $0.name == tower.rawValue }) ?? (inputs.count == 1 ? inputs[0] : nil) else {
      throw Failure(
        file, "has no input \(tower.rawValue), and several others: \(inputs.map(\.name).joined(separator: ", "))")
    }
    (self.file, self.tower, self.output) = (file, tower, chosen)
    (input, inputType) = (port.name, port.type)
    metadata = try CLIPMetadata(of: model)
    engine = try Engine(graph, compilation: .inference, threads: threads)
  }

  func run(_ batch: NDArray) throws -> NDArray {
    guard let result = try engine.run([input: batch], outputs: [output])[output] else {
      throw Failure(file, "gave no \(output)")
    }
    return result
  }

  /// Floating-point operations of one run on `batch`.
  func flops(_ batch: NDArray) throws -> Int {
    var symbols: [String: Int] = [:]
    for (dimension, size) in zip(inputType.shape.dimensions, batch.sizes) {
      if let name = dimension.symbolName { symbols[name] = size }
    }
    return try engine.session.program(symbols, outputs: [output]).flops
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

  /// Two batches of noise: pixels in −2 ..< 2, or captions that fill the context.
  func randomBatches(of count: Int) throws -> [NDArray] {
    var generator = SeededGenerator(seed: 0)
    return try (0..<2).map { _ in
      switch tower {
      case .image: try randomPixels(count, &generator)
      case .text: try randomCaptions(count, &generator)
      }
    }
  }

  private func randomPixels(_ count: Int, _ generator: inout SeededGenerator) throws -> NDArray {
    guard let side = metadata?.configuration.vision.imageSize ?? inputType.shape.dimensions.last?.constant,
      inputType.shape.rank == 4
    else {
      throw Failure(file, "its input \(input) is \(inputType), whose size is not known; give batches with --inputs")
    }
    let values = (0..<count * 3 * side * side).map { _ in Float(generator.uniform(-2, 2)) }
    return NDArray(values, [count, 3, side, side])
  }

  /// Start, words, end; the end of text has the largest identifier.
  private func randomCaptions(_ count: Int, _ generator: inout SeededGenerator) throws -> NDArray {
    let size = metadata?.configuration.text.vocabularySize ?? 49_408
    let known = metadata?.configuration.text.contextLength ?? inputType.shape.dimensions.last?.constant
    let length = known ?? 77
    guard size >= 3, length >= 3 else {
      throw Failure(file, "reads captions of \(length) tokens; give batches with --inputs")
    }
    let values = (0..<count).flatMap { _ in
      [Int64(size - 2)] + (0..<length - 2).map { _ in Int64(generator.index(size - 2)) } + [Int64(size - 1)]
    }
    guard inputType.scalar != .int32 else { return NDArray(values.map(Int32.init), [count, length]) }
    return NDArray(values, [count, length])
  }
}
