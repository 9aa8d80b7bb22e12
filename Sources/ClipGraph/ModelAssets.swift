import CLIPModel
import Graphs
import Preprocessing

/// What a graph needs besides numbers: how pictures are prepared, a tokenizer, the length of captions. Each comes from the
/// caller, else from the file's metadata, else from the files beside it, else it is what CLIP usually has; what neither
/// caller nor metadata said is listed.
public struct ModelAssets: Sendable {
  /// nil where the graph has no image tower.
  public let preprocessing: ImagePreprocessing?
  /// Tokens of a caption, start and end included; nil where the graph has no text tower.
  public let contextLength: Int?
  /// nil where there is none.
  public let tokenizer: Tokenizer?
  public let assumptions: [Assumption]
  /// Where captions are read, of any length, as the metadata say; nil for graphs of other programs.
  public let pooling: CLIPConfiguration.TextPooling?

  /// - Parameters:
  ///   - file: the graph file, where there is one, and the model's name in errors.
  ///   - isFile: whether files are looked for beside it.
  /// - Throws: `ClipGraphError` for files that contradict the graph, or ask for what is not supported.
  public init(
    _ model: Model, _ points: EntryPoints, _ given: Preparation = Preparation(), file: String, isFile: Bool = true
  ) throws(ClipGraphError) {
    let metadata = try explaining(file) { try CLIPMetadata(of: model) }
    var search = AssetSearch(points, metadata, given, file: file, isFile: isFile)
    for case let entry? in [points.image, points.text] { try search.check(entry) }
    preprocessing = try points.image.map { entry throws(ClipGraphError) in try search.imagePreprocessing(entry) }
    contextLength = try points.text.map { entry throws(ClipGraphError) in try search.contextLength(entry) }
    if let text = points.text, let contextLength {
      tokenizer = try search.tokenizer(text, contextLength)
    } else {
      tokenizer = nil
    }
    assumptions = search.assumptions
    let isOpen = points.text.map { $0.inputType.shape[1].constant == nil } ?? false
    pooling = isOpen ? metadata?.configuration.text.pooling : nil
  }
}
