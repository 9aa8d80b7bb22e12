import Foundation
import Testing

/// What a first walk through the commands leaves behind: data, a vocabulary, a tiny training file, a trained model. Made once,
/// by the commands themselves, and shared by all tests.
struct Workshop: Sendable {
  let folder: TemporaryFolder
  let picture: String

  static let vocabularySize = 560
  static let configuration = """
    {"embed_dim": 24, "vision_cfg": {"image_size": 32, "layers": 1, "width": 64, "head_width": 32, "patch_size": 8},
     "text_cfg": {"context_length": 24, "vocab_size": \(vocabularySize), "width": 64, "heads": 2, "layers": 1}}
    """

  private static let made = Result { try Workshop() }
  /// The folder lives as long as the process.
  private static let removal = atexit { try? FileManager.default.removeItem(atPath: Workshop.made.get().folder.path) }

  static func shared() throws -> Workshop {
    _ = removal
    return try made.get()
  }

  var data: String { folder("data") }
  var testData: String { folder("data/test-*.tar") }
  var vocabulary: String { folder("shapes.bpe") }
  /// The untrained model with its training algorithm.
  var training: String { folder("training.onnx") }
  /// The model after three steps.
  var model: String { folder("model.onnx") }

  private init() throws {
    folder = try TemporaryFolder()
    let (data, json) = (folder("data"), folder("tiny.json"))
    picture = folder("picture.png")
    try Clipgraph.succeed("dataset", "shapes", data, "--count", "80", "--samples-per-shard", "40")
    try Clipgraph.succeed("dataset", "shapes", data, "--count", "12", "--test")
    try Clipgraph.succeed(
      "vocabulary", "--captions", data, "--size", "\(Workshop.vocabularySize)", "-o", folder("shapes.bpe"))
    try Data(Workshop.configuration.utf8).write(to: URL(fileURLWithPath: json))
    try Clipgraph.succeed(
      "export", json, "-o", folder("training.onnx"), "--training", "--vocabulary", folder("shapes.bpe"), "--lr", "1e-3",
      "--warmup", "2", "--steps", "100")
    try Clipgraph.succeed(
      "train", folder("training.onnx"), "--data", data, "-o", folder("model.onnx"), "--batch-size", "8", "--steps", "3")
    let shard = try Data(contentsOf: URL(fileURLWithPath: data + "/test-00000.tar"))
    try shard[512..<512 + Workshop.sizeOfFirstEntry(shard)].write(to: URL(fileURLWithPath: picture))
  }

  /// The size that the first header of a tar archive gives, in octal digits.
  private static func sizeOfFirstEntry(_ shard: Data) throws -> Int {
    let digits = String(decoding: shard[124..<135], as: UTF8.self)
    return try #require(Int(digits, radix: 8))
  }
}
