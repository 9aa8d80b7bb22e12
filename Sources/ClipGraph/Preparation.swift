import Preprocessing

/// How inputs are prepared, as far as the caller says so; what stays nil is the model's to tell. What is given here counts
/// before everything else.
public struct Preparation: Hashable, Sendable {
  /// Side of the square, in pixels.
  public var imageSize: Int?
  /// Of R, G, B, on the scale 0 ... 1.
  public var mean: [Float]?
  public var std: [Float]?
  public var interpolation: ImagePreprocessing.Interpolation?
  public var resizeMode: ImagePreprocessing.ResizeMode?
  /// A file of merges, or `tokenizer.json`.
  public var tokenizer: String?
  public var tokenizerKind: TokenizerKind?
  /// Tokens of a caption, start and end included.
  public var contextLength: Int?
  /// What cosines are multiplied with.
  public var logitScale: Float?

  public init() {}

  var saysAllOfPictures: Bool { mean != nil && std != nil && interpolation != nil && resizeMode != nil }
}
