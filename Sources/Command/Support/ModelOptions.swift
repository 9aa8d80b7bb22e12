import ArgumentParser
import ClipGraph

/// A model of another program: its files, and what they do not say.
struct ModelOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The image tower, where the model is a file a tower.", valueName: "file"))
  var imageModel: String?

  @Option(help: ArgumentHelp("The text tower.", valueName: "file"))
  var textModel: String?

  @OptionGroup var preparing: PreparationOptions

  @Option(help: "Tokens of a caption, start and end included.")
  var contextLength: Int?

  @Option(help: "Side of the pictures in pixels.")
  var imageSize: Int?

  @Option(help: "What cosines are multiplied with before the softmax.")
  var logitScale: Float?

  @OptionGroup var trust: TrustOptions

  var isInParts: Bool { imageModel != nil || textModel != nil }

  func validate() throws {
    if let contextLength, !(3...65_536).contains(contextLength) {
      throw ValidationError("--context-length must be 3 ... 65536, not \(contextLength)")
    }
    if let imageSize, !(1...8192).contains(imageSize) {
      throw ValidationError("--image-size must be 1 ... 8192, not \(imageSize)")
    }
    if let logitScale, !(logitScale > 0 && logitScale.isFinite) {
      throw ValidationError("--logit-scale must be above 0, not \(logitScale)")
    }
  }

  /// The model as the command line names it.
  func name(_ file: String?) -> String { [file, imageModel, textModel].compactMap { $0 }.joined(separator: ", ") }

  /// - Throws: `ValidationError` where no model is named.
  func requireModel(_ file: String?) throws {
    if file == nil && !isInParts {
      throw ValidationError("Name a model: F.onnx, or its towers with --image-model and --text-model")
    }
  }

  var preparation: Preparation {
    var result = preparing.preparation
    (result.imageSize, result.contextLength, result.logitScale) = (imageSize, contextLength, logitScale)
    return result
  }

  /// The model, ready to run. What was assumed of it goes to standard error.
  func clip(
    _ file: String?, _ engine: EngineOptions, features: ImageFeatures = .embedding
  ) throws -> CLIP {
    var options = engine.options
    options.imageFeatures = features
    options.preparation = preparation
    options.trustedRoot = trust.trustedRoot
    if isInParts, let file {
      throw Failure(file, "is a model, and so are those of --image-model and --text-model; name one or the others")
    }
    let clip: CLIP
    if let file {
      clip = try CLIP(contentsOf: file, options: options)
    } else if isInParts {
      clip = try CLIP(imageModel: imageModel, textModel: textModel, options: options)
    } else {
      throw Failure("model", "is not named: give a file, or --image-model and --text-model")
    }
    for assumption in clip.assumptions { StandardError.note(assumption) }
    return clip
  }
}

extension StandardError {
  /// What was assumed of a file, on a line.
  static func note(_ assumption: Assumption) {
    write("clipgraph: note: \(Failure.line("\(assumption)"))\n")
  }
}

extension ImageFeatures: ExpressibleByArgument {}
