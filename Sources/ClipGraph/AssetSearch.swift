import CLIPModel
import Checkpoints
import Graphs
import Preprocessing
import Tensors

/// Looks for a model's assets, and notes what it had to assume.
struct AssetSearch {
  private(set) var assumptions: [Assumption] = []
  private let points: EntryPoints
  private let metadata: CLIPMetadata?
  private let given: Preparation
  private let folder: ModelFolder?
  private let place: String

  init(_ points: EntryPoints, _ metadata: CLIPMetadata?, _ given: Preparation, file: String, isFile: Bool) {
    (self.points, self.metadata, self.given, place) = (points, metadata, given, file)
    folder = isFile ? ModelFolder(beside: file) : nil
  }

  /// Refuses numbers of items that no run could have.
  func check(_ entry: EntryPoints.Entry) throws(ClipGraphError) {
    if let batch = entry.batch, !(1...AssetSearch.largestBatch).contains(batch) {
      throw ClipGraphError(
        place,
        "its input \(entry.input) is \(entry.inputType): \(batch) items at once, not 1 ... \(AssetSearch.largestBatch)")
    }
  }

  private mutating func assume(_ subject: String, _ value: String, from source: String) {
    assumptions.append(Assumption(subject, value, from: source))
  }

  // MARK: Pictures

  mutating func imagePreprocessing(_ entry: EntryPoints.Entry) throws(ClipGraphError) -> ImagePreprocessing {
    let size = try imageSize(entry)
    var result: ImagePreprocessing
    if let metadata {
      result = try explaining(place) { try metadata.imagePreprocessing() }
      result.size = size
    } else {
      result = ImagePreprocessing(size: size)
      if !given.saysAllOfPictures { result = try foreignPreprocessing(entry, size) }
    }
    if let mean = given.mean { result.mean = mean }
    if let std = given.std { result.std = std }
    if let interpolation = given.interpolation { result.interpolation = interpolation }
    if let mode = given.resizeMode { result.resizeMode = mode }
    return result
  }

  private mutating func imageSize(_ entry: EntryPoints.Entry) throws(ClipGraphError) -> Int {
    if let fixed = try fixedSide(entry) {
      if let wanted = given.imageSize, wanted != fixed {
        throw ClipGraphError(place, "reads pictures of \(fixed) pixels a side, not \(wanted)")
      }
      return fixed
    }
    if let size = given.imageSize ?? metadata?.configuration.vision.imageSize { return try bounded(size, at: place) }
    if let known = try explaining(place, { try folder?.imageSize() }) {
      _ = try bounded(known.value, at: known.place)
      assume("image size", "\(known.value)", from: known.place)
      return known.value
    }
    assume("image size", "\(AssetSearch.usualSide)", from: "assumed; --image-size says otherwise")
    return AssetSearch.usualSide
  }

  private func bounded(_ side: Int, at place: String) throws(ClipGraphError) -> Int {
    guard (1...AssetSearch.largestSide).contains(side) else {
      throw ClipGraphError(
        place, "is to read pictures of \(side) pixels a side, not 1 ... \(AssetSearch.largestSide)")
    }
    return side
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
    guard (1...AssetSearch.largestSide).contains(side) else {
      throw ClipGraphError(place, "its input \(entry.input) is \(entry.inputType), which is no picture")
    }
    return side
  }

  private mutating func foreignPreprocessing(
    _ entry: EntryPoints.Entry, _ size: Int
  ) throws(ClipGraphError) -> ImagePreprocessing {
    let isOpenCLIP = entry.input != "pixel_values"
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

  mutating func tokenizer(
    _ entry: EntryPoints.Entry, _ length: Int
  ) throws(ClipGraphError) -> Tokenizer? {
    if given.tokenizer == nil && given.tokenizerKind == nil, let own = try metadata?.makeTokenizer() {
      return Tokenizer(vocabulary: own.vocabulary, kind: own.kind, contextLength: length)
    }
    guard let source = try vocabulary() else { return nil }
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

  private func vocabulary() throws(ClipGraphError) -> (
    vocabulary: BytePairVocabulary, place: String, isFromFolder: Bool
  )? {
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

  /// Tokens of a caption.
  mutating func contextLength(_ entry: EntryPoints.Entry) throws(ClipGraphError) -> Int {
    let length = try statedLength(entry)
    guard (3...AssetSearch.longestContext).contains(length) else {
      throw ClipGraphError(place, "reads captions of \(length) tokens, not 3 ... \(AssetSearch.longestContext)")
    }
    return length
  }

  private mutating func statedLength(_ entry: EntryPoints.Entry) throws(ClipGraphError) -> Int {
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
    assume("context length", "\(AssetSearch.usualContext)", from: "assumed; --context-length says otherwise")
    return AssetSearch.usualContext
  }

  private static let largestSide = 1 << 13
  private static let largestBatch = 1 << 16
  private static let longestContext = 1 << 16
  private static let usualSide = 224
  private static let usualContext = 77
}
