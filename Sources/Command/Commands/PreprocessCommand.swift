import ArgumentParser
import Checkpoints
import Preprocessing
import Tensors

/// `clipgraph preprocess IMAGE --size N -o F.safetensors`.
struct PreprocessCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "preprocess", abstract: "Resizes, crops and normalises a picture as CLIP reads it.",
    discussion: """
      Writes rgb (uint8 [N, N, 3]) and pixels (float32 [3, N, N], normalised with OpenAI's mean and deviation).

      Example:  clipgraph preprocess cat.jpg --size 224 -o cat.safetensors
      """)

  @Argument(help: "A JPEG, PNG or WebP picture.")
  var image: String

  @Option(help: "Side of the square in pixels.")
  var size: Int

  @Option(name: [.short, .long], help: "The safetensors file to write.")
  var output: String

  @Option(help: "How a picture that is not square becomes one: shortest, longest or squash.")
  var resizeMode: ImagePreprocessing.ResizeMode = .shortest

  @Option(help: "bicubic or bilinear.")
  var interpolation: ImagePreprocessing.Interpolation = .bicubic

  func validate() throws {
    guard (1...8192).contains(size) else { throw ValidationError("--size must be 1 ... 8192, not \(size)") }
  }

  func run() throws {
    try OutputFile.check(output)
    let preprocessing = ImagePreprocessing(size: size, interpolation: interpolation, resizeMode: resizeMode)
    let rgb = try preprocessing.rgb(of: try DecodedImage(contentsOf: image))
    let pixels = preprocessing.normalized(rgb)
    try Safetensors([
      ("rgb", NDArray(rgb, [size, size, 3])), ("pixels", NDArray(pixels, [3, size, size])),
    ]).write(to: output)
  }
}

extension ImagePreprocessing.ResizeMode: ExpressibleByArgument {}
extension ImagePreprocessing.Interpolation: ExpressibleByArgument {}
