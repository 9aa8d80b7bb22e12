import ArgumentParser
import CLIPModel

/// Another resolution or context than the weights were trained with, as flags.
struct ResizeOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Side of the image: positional embeddings are interpolated, the class token's (or the mean's) stays.",
      valueName: "pixels"))
  var imageSize: Int?

  @Option(help: ArgumentHelp("Tokens of a caption: fewer than the weights have embeddings for.", valueName: "tokens"))
  var contextLength: Int?

  @Option(help: "How positional embeddings are interpolated: bicubic (as open_clip) or bilinear (as the paper).")
  var positionInterpolation = PositionInterpolation.bicubic

  /// nil where nothing was given.
  var resizing: Resizing? {
    if imageSize == nil && contextLength == nil { return nil }
    return Resizing(imageSize: imageSize, contextLength: contextLength, interpolation: positionInterpolation)
  }
}

extension PositionInterpolation: ExpressibleByArgument {}
