import ArgumentParser
import Preprocessing

/// A tokenizer's kind as an argument.
enum TokenizerArgument: String, CaseIterable, ExpressibleByArgument {
  case openai
  case openCLIP = "open_clip"
  case huggingFace = "hugging-face"

  /// Takes `_` and `-` alike.
  init?(argument: String) {
    let plain = argument.replacing("_", with: "-")
    guard let match = Self.allCases.first(where: { $0.rawValue.replacing("_", with: "-") == plain }) else { return nil }
    self = match
  }

  var kind: TokenizerKind {
    switch self {
    case .openai: .openAI
    case .openCLIP: .openCLIP
    case .huggingFace: .huggingFace
    }
  }
}
