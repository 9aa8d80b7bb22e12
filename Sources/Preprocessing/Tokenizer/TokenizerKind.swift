/// Whose rules a tokenizer follows. All three share the merges and the splitting; they clean texts differently, spell
/// the two special tokens differently, and pad differently.
public enum TokenizerKind: String, Hashable, Sendable, Codable, CaseIterable {
  /// openai/CLIP: repairs as ftfy does (except wrongly decoded text), unescapes HTML, lowers; pads with 0.
  case openAI = "openai"
  /// open_clip: the same, with other special tokens; always truncates.
  case openCLIP = "open_clip"
  /// Hugging Face: composes (NFC), collapses white space, lowers; pads with the end-of-text id.
  case huggingFace = "hugging_face"

  /// How start of text and end of text are spelled.
  var specials: (start: String, end: String) {
    self == .openCLIP ? ("<start_of_text>", "<end_of_text>") : ("<|startoftext|>", "<|endoftext|>")
  }
}
