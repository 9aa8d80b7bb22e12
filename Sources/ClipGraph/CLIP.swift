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
/// Files of other programs work too, as one or as a file a tower; `assumptions` says what they leave open and what was taken
/// for it. Safe to use from many threads.
public final class CLIP: Sendable {
  public struct Options: Sendable {
    /// Threads for kernels; 0 means all cores.
    public var threads: Int
    /// Pictures or captions in one run of the graph.
    public var batchSize: Int
    /// A directory beneath which external data may lie by way of symbolic links; without one, links are refused.
    public var trustedRoot: String?
    /// How inputs are prepared, where that is not left to the file.
    public var preparation = Preparation()
    /// Which numbers of the image tower are its features; without its embedding, a CLIP has no text tower.
    public var imageFeatures = ImageFeatures.embedding
    /// Whether large products of the image tower take Strassen's method: seven multiplications for eight, and about twice
    /// the error of rounding. Features stay the same whatever else is in the batch.
    public var strassen = true

    public init(threads: Int = 0, batchSize: Int = 32) {
      self.threads = threads
      self.batchSize = max(1, batchSize)
    }
  }

  /// The model as read; of two files, that of the image tower.
  public let model: Model
  /// nil for files of other programs.
  public let metadata: CLIPMetadata?
  /// nil without an image tower.
  public let preprocessing: ImagePreprocessing?
  /// nil when there is none in the file or beside it.
  public let tokenizer: Tokenizer?
  /// Which numbers of the image tower are the features of pictures.
  public let imageFeatures: ImageFeatures
  /// What cosines are multiplied with: e to the power of `logit_scale`.
  public let logitScale: Float
  /// Runs the whole graph; of two files, that of the image tower.
  public let engine: Engine
  /// What the files leave open.
  public let assumptions: [Assumption]
  let images: Encoder?
  let texts: Encoder?
  let batchSize: Int
  let place: String

  /// - Throws: `ClipGraphError` for a file that is missing, damaged, or takes neither pictures nor captions.
  public convenience init(contentsOf path: String, options: Options = Options()) throws(ClipGraphError) {
    try self.init([Source(try readModel(path, trustedRoot: options.trustedRoot), path, isFile: true)], options)
  }

  /// A CLIP in two files, or one tower of it.
  public convenience init(
    imageModel: String?, textModel: String?, options: Options = Options()
  ) throws(ClipGraphError) {
    var sources: [Source] = []
    for (file, tower) in [(imageModel, Tower.image), (textModel, .text)] {
      guard let file else { continue }
      sources.append(Source(try readModel(file, trustedRoot: options.trustedRoot), file, isFile: true, tower: tower))
    }
    try self.init(sources, options)
  }

  /// - Parameters:
  ///   - place: names the model in errors.
  ///   - isFile: whether `place` is a file, beside which is looked for what the model does not say.
  public convenience init(
    _ model: Model, options: Options = Options(), place: String = "model", isFile: Bool = false
  ) throws(ClipGraphError) {
    try self.init([Source(model, place, isFile: isFile)], options)
  }

  /// A model, and the tower that is wanted of it; nil for both.
  private struct Source {
    let model: Model
    let place: String
    let isFile: Bool
    let tower: Tower?

    init(_ model: Model, _ place: String, isFile: Bool, tower: Tower? = nil) {
      (self.model, self.place, self.isFile, self.tower) = (model, place, isFile, tower)
    }

    /// The entry points of the towers that are wanted.
    func points(_ features: ImageFeatures) throws(ClipGraphError) -> EntryPoints {
      var points = EntryPoints(model.graph)
      if tower == .image { points.text = nil }
      if tower == .text { points.image = nil }
      guard points.image != nil || points.text != nil else { throw ClipGraphError(place, points.complaint(tower)) }
      guard features != .embedding, points.image != nil else { return points }
      if features == .automatic, points.isConvolutional { return points }
      guard let earlier = points.beforeProjection else {
        if features == .automatic { return points }
        throw ClipGraphError(place, "its image tower does not end in a projection; take its embedding")
      }
      return earlier
    }
  }

  private init(_ sources: [Source], _ options: Options) throws(ClipGraphError) {
    guard let first = sources.first else { throw ClipGraphError("model", "name a file for one of the towers") }
    var (images, texts): (Encoder?, Encoder?)
    var (pictures, words): (ModelAssets?, ModelAssets?)
    var (notes, engines): ([Assumption], [Engine]) = ([], [])
    var kind = ImageFeatures.embedding
    for source in sources {
      let found = try source.points(options.imageFeatures)
      let assets = try ModelAssets(
        source.model, found, options.preparation, file: source.place, isFile: source.isFile)
      let points = try found.bound(
        side: assets.preprocessing?.size, length: assets.pooling != nil ? nil : assets.contextLength,
        place: source.place
      ).cuttingCaptions(assets)
      let engine = try explaining(source.place) {
        try Engine(points.graph, compilation: .inference, threads: options.threads, strassen: options.strassen)
      }
      engines.append(engine)
      if found.isBeforeProjection { kind = .beforeProjection }
      notes += points.assumptions + assets.assumptions
      func encoder(_ entry: EntryPoints.Entry) -> Encoder {
        Encoder(points: points, entry: entry, engine: engine, place: source.place)
      }
      if let entry = points.image { (images, pictures) = (encoder(entry), assets) }
      if let entry = points.text { (texts, words) = (encoder(entry), assets) }
    }
    (model, place, batchSize) = (first.model, first.place, options.batchSize)
    metadata = try explaining(first.place) { try CLIPMetadata(of: first.model) }
    engine = engines[0]
    imageFeatures = kind
    (self.images, self.texts) = (images, texts)
    (preprocessing, tokenizer) = (pictures?.preprocessing, words?.tokenizer)
    let scale = try CLIP.logitScale(
      sources.map(\.model.graph), images, texts, (pictures?.preprocessing?.size, words?.contextLength),
      options.preparation)
    logitScale = scale.value
    for encoder in [images, texts].compactMap({ $0 }) {
      if let batch = encoder.entry.batch {
        notes.append(Assumption("batch", "\(batch)", from: "\(encoder.entry.input) of \(encoder.place) takes no other"))
      }
    }
    assumptions = notes + [scale.note].compactMap { $0 }
  }
}
