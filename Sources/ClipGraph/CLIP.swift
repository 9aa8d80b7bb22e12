import CLIPModel
import Foundation
import Graphs
import Preprocessing
import Tensors

/// A CLIP read from a graph file: pictures and captions in, features and probabilities out.
///
///     let clip = try CLIP(contentsOf: "shapes.onnx")
///     let features = try clip.encode(images: ["a.jpg"])
///     let best = try clip.classify(["a.jpg"], labels: ["red circle", "blue square"])
///
/// Safe to use from many threads.
public final class CLIP: Sendable {
  public struct Options: Sendable {
    /// Threads for kernels; 0 means all cores.
    public var threads: Int
    /// Pictures or captions in one run of the graph.
    public var batchSize: Int

    public init(threads: Int = 0, batchSize: Int = 32) {
      self.threads = threads
      self.batchSize = max(1, batchSize)
    }
  }

  public let model: Model
  public let metadata: CLIPMetadata
  public let preprocessing: ImagePreprocessing
  /// nil when the file carries none.
  public let tokenizer: Tokenizer?
  /// What cosines are multiplied with: e to the power of `logit_scale`.
  public let logitScale: Float
  public let engine: Engine
  private let batchSize: Int

  public convenience init(contentsOf path: String, options: Options = Options()) throws(ClipGraphError) {
    try self.init(try readModel(path), options: options, place: path)
  }

  /// - Parameter place: names the model in errors.
  public init(_ model: Model, options: Options = Options(), place: String = "model") throws(ClipGraphError) {
    guard let metadata = try explaining(place, { try CLIPMetadata(of: model) }) else {
      throw ClipGraphError(
        place,
        "does not say how its inputs are prepared: it was not exported by clipgraph; `clipgraph run` runs any graph")
    }
    self.model = model
    self.metadata = metadata
    batchSize = options.batchSize
    preprocessing = try explaining(place) { try metadata.imagePreprocessing() }
    tokenizer = try explaining(place) { try metadata.makeTokenizer() }
    let scale = model.graph.value(named: "logit_scale").flatMap { model.graph.constants[$0] }
    logitScale = exp(Float(scale?.doubles?.first ?? 0))
    engine = try Engine(model.graph, compilation: .inference, threads: options.threads)
  }

  // MARK: Pictures

  /// Features of picture files, not normalised. [images, E]
  ///
  /// - Parameter progress: called with the number of pictures done.
  public func encode(images paths: [String], progress: ((Int) -> Void)? = nil) throws(ClipGraphError) -> Embeddings {
    try encode(count: paths.count, progress) { index throws(ClipGraphError) in
      try explaining(paths[index]) { try DecodedImage(contentsOf: paths[index]) }
    }
  }

  /// Features of decoded pictures, not normalised. [pictures, E]
  public func encode(pictures: [DecodedImage]) throws(ClipGraphError) -> Embeddings {
    try encode(count: pictures.count, nil) { index throws(ClipGraphError) in pictures[index] }
  }

  private func encode(
    count: Int, _ progress: ((Int) -> Void)?, _ picture: (Int) throws(ClipGraphError) -> DecodedImage
  ) throws(ClipGraphError) -> Embeddings {
    let side = preprocessing.size
    return try batches(count, output: "image_features", progress) { range throws(ClipGraphError) in
      var pixels: [Float] = []
      pixels.reserveCapacity(range.count * 3 * side * side)
      for index in range {
        let image = try picture(index)
        pixels += try explaining { try preprocessing.pixels(of: image) }
      }
      return ["image": NDArray(pixels, [range.count, 3, side, side])]
    }
  }

  // MARK: Captions

  /// Features of captions, not normalised. [texts, E]
  ///
  /// - Throws: `ClipGraphError` for a caption with more tokens than the model's context, and for a file without tokenizer.
  public func encode(texts: [String]) throws(ClipGraphError) -> Embeddings {
    guard let tokenizer else {
      throw ClipGraphError(
        "text", "the file has no tokenizer: export it again with --vocabulary bpe_simple_vocab_16e6.txt.gz")
    }
    // Tokenizers of the open_clip kind would cut a long caption in silence.
    let room = tokenizer.contextLength - 2
    for text in texts {
      let count = tokenizer.encode(text).count
      if count > room {
        throw ClipGraphError(
          "“\(text.prefix(60))\(text.count > 60 ? "…" : "")”",
          "has \(count) tokens, but the model reads \(room); shorten the caption")
      }
    }
    let tokens = try explaining("text") { try tokenizer.tokenize(texts) }
    let end = Int64(tokenizer.vocabulary.endOfText)
    return try batches(texts.count, output: "text_features", nil) { range throws(ClipGraphError) in
      // Tokens behind the end of every caption change nothing: attention is causal.
      let length = range.map { row in (tokens[row].prefix { $0 != end }.count) + 1 }.max() ?? 0
      return ["text": NDArray(range.flatMap { tokens[$0].prefix(length) }, [range.count, length])]
    }
  }

  private func batches(
    _ count: Int, output: String, _ progress: ((Int) -> Void)?,
    _ inputs: (Range<Int>) throws(ClipGraphError) -> [String: NDArray]
  ) throws(ClipGraphError) -> Embeddings {
    var values: [Float] = []
    for start in stride(from: 0, to: count, by: batchSize) {
      let range = start..<min(count, start + batchSize)
      guard let features = try engine.run(try inputs(range), outputs: [output])[output] else { continue }
      values += features.values(as: Float.self)
      progress?(range.upperBound)
    }
    let width = metadata.configuration.embedding
    guard values.count == count * width else {
      throw ClipGraphError(output, "has \(values.count) numbers for \(count) rows of \(width)")
    }
    return Embeddings(rows: count, width: width, values: values)
  }
}
