import CLIPModel
import Checkpoints
import Graphs
import Preprocessing
import Tensors

/// What a graph needs besides numbers: how pictures are prepared, a tokenizer, the length of captions. Each comes from the
/// caller, else from the file's metadata, else from the files beside it, else it is what CLIP usually has; what neither
/// caller nor metadata said is listed.
public struct ModelAssets: Sendable {
  /// nil where the graph has no image tower.
  public private(set) var preprocessing: ImagePreprocessing?
  /// Tokens of a caption, start and end included; nil where the graph has no text tower.
  public private(set) var contextLength: Int?
  /// nil where there is none.
  public private(set) var tokenizer: Tokenizer?
  /// Whether captions may be cut behind their ends: attention is known to be causal.
  public private(set) var cutsCaptions = false
  public private(set) var assumptions: [Assumption] = []

  private let points: EntryPoints
  private let given: Preparation
  private let folder: ModelFolder?
  private let place: String

  /// - Parameters:
  ///   - file: the graph file, where there is one, and the model's name in errors.
  ///   - isFile: whether files are looked for beside it.
  public init(
    _ model: Model, _ points: EntryPoints, _ given: Preparation = Preparation(), file: String, isFile: Bool = true
  ) throws(ClipGraphError) {
    (self.points, self.given, place) = (points, given, file)
    folder = isFile ? ModelFolder(beside: file) : nil
    for case let entry? in [points.image, points.text] {
      if let batch = entry.batch, !(1...ModelAssets.largestBatch).contains(batch) {
        throw ClipGraphError(
          file,
          "its input \(entry.input) is \(entry.inputType): \(batch) items at once, not 1 ... \(ModelAssets.largestBatch)"
        )
      }
    }
    let metadata = try explaining(file) { try CLIPMetadata(of: model) }
    if points.image != nil { preprocessing = try imagePreprocessing(metadata) }
    if let text = points.text {
      let length = try contextLength(metadata, text)
      guard (3...ModelAssets.longestContext).contains(length) else {
        throw ClipGraphError(file, "reads captions of \(length) tokens, not 3 ... \(ModelAssets.longestContext)")
      }
      contextLength = length
      tokenizer = try makeTokenizer(metadata, text, length)
    }
    cutsCaptions = metadata != nil && points.text.map { $0.inputType.shape[1].constant == nil } ?? false
  }

  private mutating func assume(_ subject: String, _ value: String, from source: String) {
    assumptions.append(Assumption(subject, value, from: source))
  }

  // MARK: Pictures

  private mutating func imagePreprocessing(_ metadata: CLIPMetadata?) throws(ClipGraphError) -> ImagePreprocessing {
    let size = try imageSize(metadata)
    var result: ImagePreprocessing
    if let metadata {
      result = try explaining(place) { try metadata.imagePreprocessing() }
      result.size = size
    } else {
      result = ImagePreprocessing(size: size)
      if !given.saysAllOfPictures { result = try foreignPreprocessing(size) }
    }
    if let mean = given.mean { result.mean = mean }
    if let std = given.std { result.std = std }
    if let interpolation = given.interpolation { result.interpolation = interpolation }
    if let mode = given.resizeMode { result.resizeMode = mode }
    return result
  }

  private mutating func imageSize(_ metadata: CLIPMetadata?) throws(ClipGraphError) -> Int {
    if let fixed = try points.image.flatMap({ entry throws(ClipGraphError) in try fixedSide(entry) }) {
      if let wanted = given.imageSize, wanted != fixed {
        throw ClipGraphError(place, "reads pictures of \(fixed) pixels a side, not \(wanted)")
      }
      return fixed
    }
    if let size = given.imageSize ?? metadata?.configuration.vision.imageSize { return size }
    if let known = try explaining(place, { try folder?.imageSize() }) {
      guard (1...ModelAssets.largestSide).contains(known.value) else {
        throw ClipGraphError(known.place, "gives pictures of \(known.value) pixels a side")
      }
      assume("image size", "\(known.value)", from: known.place)
      return known.value
    }
    assume("image size", "\(ModelAssets.usualSide)", from: "assumed; --image-size says otherwise")
    return ModelAssets.usualSide
  }

  /// The side that the graph itself fixes.
  private func fixedSide(_ entry: EntryPoints.Entry) throws(ClipGraphError) -> Int? {
    let shape = entry.inputType.shape
    let isLast = entry.hasChannelsLast
    let (height, width) = (shape[isLast ? 1 : 2].constant, shape[isLast ? 2 : 3].constant)
    if let height, let width, height != width {
      throw ClipGraphError(place, "its input \(entry.input) is \(entry.inputType): pictures that are no squares")
    }
    guard let side = height ?? width else { return nil }
    guard (1...ModelAssets.largestSide).contains(side) else {
      throw ClipGraphError(place, "its input \(entry.input) is \(entry.inputType), which is no picture")
    }
    return side
  }

  private mutating func foreignPreprocessing(_ size: Int) throws(ClipGraphError) -> ImagePreprocessing {
    let isOpenCLIP = points.image?.input != "pixel_values"
    let subject = "mean, deviation, interpolation, resize mode"
    guard
      let found = try explaining(place, { try folder?.preprocessing(imageSize: size, openCLIPFirst: isOpenCLIP) })
    else {
      assume(subject, "OpenAI's", from: "assumed; --mean, --std, --interpolation and --resize-mode say otherwise")
      return ImagePreprocessing(size: size)
    }
    let settings = found.value
    guard let interpolation = ImagePreprocessing.Interpolation(rawValue: settings.interpolation),
      let mode = ImagePreprocessing.ResizeMode(rawValue: settings.resizeMode)
    else {
      throw ClipGraphError(
        found.place,
        "asks for \(settings.interpolation) interpolation and the resize mode \(settings.resizeMode); supported are bicubic and "
          + "bilinear, shortest, longest and squash")
    }
    assume(
      subject, "\(settings.mean), \(settings.std), \(settings.interpolation), \(settings.resizeMode)", from: found.place
    )
    return ImagePreprocessing(
      size: size, mean: settings.mean, std: settings.std, interpolation: interpolation, resizeMode: mode)
  }

  // MARK: Captions

  private mutating func makeTokenizer(
    _ metadata: CLIPMetadata?, _ entry: EntryPoints.Entry, _ length: Int
  ) throws(ClipGraphError) -> Tokenizer? {
    if given.tokenizer == nil && given.tokenizerKind == nil, let own = try metadata?.makeTokenizer() {
      return Tokenizer(vocabulary: own.vocabulary, kind: own.kind, contextLength: length)
    }
    guard let source = try vocabulary(metadata) else { return nil }
    let kind = given.tokenizerKind ?? assumedKind(entry, isFromFolder: source.isFromFolder)
    if source.isFromFolder { assume("tokenizer", source.place, from: "lies beside the model") }
    if let rows = points.tokenTableRows, rows < source.vocabulary.size {
      throw ClipGraphError(
        source.place,
        "has \(source.vocabulary.size) identifiers, but the model knows \(rows): it is not the vocabulary that the model was "
          + "trained with; name another with --tokenizer")
    }
    return Tokenizer(vocabulary: source.vocabulary, kind: kind, contextLength: length)
  }

  private func vocabulary(
    _ metadata: CLIPMetadata?
  ) throws(ClipGraphError) -> (vocabulary: BytePairVocabulary, place: String, isFromFolder: Bool)? {
    if given.tokenizer == nil, let merges = metadata?.tokenizerMerges {
      return (try explaining(place) { try BytePairVocabulary(merges: merges) }, place, false)
    }
    guard let path = given.tokenizer ?? folder?.tokenizer else { return nil }
    return (try explaining(path) { try BytePairVocabulary(contentsOf: path) }, path, given.tokenizer == nil)
  }

  private mutating func assumedKind(_ entry: EntryPoints.Entry, isFromFolder: Bool) -> TokenizerKind {
    let isHuggingFace = entry.input == "input_ids" || (isFromFolder && folder?.openCLIP == nil)
    let kind: TokenizerKind = isHuggingFace ? .huggingFace : .openCLIP
    assume(
      "tokenizer kind", isHuggingFace ? "hugging-face, padding with end of text" : "open_clip, padding with 0",
      from: "the input is called \(entry.input); --tokenizer-kind says otherwise")
    return kind
  }

  private mutating func contextLength(
    _ metadata: CLIPMetadata?, _ entry: EntryPoints.Entry
  ) throws(ClipGraphError) -> Int {
    if let fixed = entry.inputType.shape[1].constant {
      if let wanted = given.contextLength, wanted != fixed {
        throw ClipGraphError(place, "reads captions of \(fixed) tokens, not \(wanted)")
      }
      return fixed
    }
    if let length = given.contextLength ?? metadata?.configuration.text.contextLength { return length }
    if let known = try explaining(place, { try folder?.contextLength() }) {
      assume("context length", "\(known.value)", from: known.place)
      return known.value
    }
    assume("context length", "\(ModelAssets.usualContext)", from: "assumed; --context-length says otherwise")
    return ModelAssets.usualContext
  }

  private static let largestSide = 1 << 13
  private static let largestBatch = 1 << 16
  private static let longestContext = 1 << 16
  private static let usualSide = 224
  private static let usualContext = 77
}
