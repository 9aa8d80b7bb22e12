import CLIPModel
import Preprocessing

extension CLIPMetadata {
  /// The image transform that the file asks for.
  public func imagePreprocessing() throws(ClipGraphError) -> ImagePreprocessing {
    guard let interpolation = ImagePreprocessing.Interpolation(rawValue: preprocessing.interpolation) else {
      throw ClipGraphError("interpolation", "is \(preprocessing.interpolation); supported are bicubic and bilinear")
    }
    guard let mode = ImagePreprocessing.ResizeMode(rawValue: preprocessing.resizeMode) else {
      throw ClipGraphError("resize_mode", "is \(preprocessing.resizeMode); supported are shortest, longest and squash")
    }
    return ImagePreprocessing(
      size: configuration.vision.imageSize, mean: preprocessing.mean, std: preprocessing.std,
      interpolation: interpolation, resizeMode: mode)
  }

  /// The tokenizer that the file carries, if it does.
  public func makeTokenizer() throws(ClipGraphError) -> Tokenizer? {
    guard let tokenizerKind, let tokenizerMerges else { return nil }
    guard let kind = TokenizerKind(rawValue: tokenizerKind) else {
      throw ClipGraphError("tokenizer", "is of the unknown kind \(tokenizerKind)")
    }
    let vocabulary = try explaining("tokenizer") { try BytePairVocabulary(merges: tokenizerMerges) }
    guard vocabulary.size <= configuration.text.vocabularySize else {
      throw ClipGraphError(
        "tokenizer", "has \(vocabulary.size) tokens, but the model only \(configuration.text.vocabularySize)")
    }
    return Tokenizer(vocabulary: vocabulary, kind: kind, contextLength: configuration.text.contextLength)
  }
}
