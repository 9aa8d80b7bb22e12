import ArgumentParser
import ClipGraph
import Preprocessing

/// How pictures and captions are prepared, where a file of another program does not say.
struct PreparationOptions: ParsableArguments {
  @Option(help: "The vocabulary: a file of BPE merges, or tokenizer.json.")
  var tokenizer: String?

  @Option(help: "The tokenizer's kind: openai, open_clip or hugging-face.")
  var tokenizerKind: TokenizerArgument?

  @Option(help: ArgumentHelp("Mean of red, green and blue, on the scale 0 to 1.", valueName: "r,g,b"))
  var mean: ColourArgument?

  @Option(help: ArgumentHelp("Their standard deviations.", valueName: "r,g,b"))
  var std: ColourArgument?

  @Option(help: "bicubic or bilinear.")
  var interpolation: ImagePreprocessing.Interpolation?

  @Option(help: "How a picture that is not square becomes one: shortest, longest or squash.")
  var resizeMode: ImagePreprocessing.ResizeMode?

  func validate() throws {
    if let std, !std.values.allSatisfy({ $0 > 0 }) { throw ValidationError("--std must be above zero") }
  }

  var preparation: Preparation {
    var result = Preparation()
    (result.mean, result.std) = (mean?.values, std?.values)
    (result.interpolation, result.resizeMode) = (interpolation, resizeMode)
    (result.tokenizer, result.tokenizerKind) = (tokenizer, tokenizerKind?.kind)
    return result
  }
}
