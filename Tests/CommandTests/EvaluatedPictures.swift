import Checkpoints
import Foundation
import Testing

/// Six pictures to evaluate the workshop's model on, and what `embed` makes of them.
enum EvaluatedPictures {
  private static let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Fixtures/images").path
  static let paths = [
    "jpeg-224x224-q84", "jpeg-22x30-q68", "jpeg-37x512-q88", "jpeg-480x333-q76", "jpeg-53x55-q60", "jpeg-640x481-q100",
  ].map { "\(fixtures)/\($0).jpg" }

  /// A cosine for every picture and text.
  static func cosines(_ texts: [String], _ folder: TemporaryFolder) throws -> [[Double]] {
    let outcome = try Clipgraph.run(
      ["embed", try Workshop.shared().model, "--normalize", "--images"] + paths + ["--texts"] + texts
        + ["-o", folder("features.safetensors")])
    try #require(outcome.status == 0, "\(outcome.errors)")
    let tensors = try Safetensors(contentsOf: folder("features.safetensors")).byName
    func rows(_ name: String) throws -> [[Double]] {
      let array = try #require(tensors[name])
      let (values, width) = (array.values(as: Float.self).map(Double.init), array.sizes[1])
      return (0..<array.sizes[0]).map { Array(values[$0 * width..<($0 + 1) * width]) }
    }
    let texts = try rows("text_features")
    return try rows("image_features").map { image in texts.map { zip(image, $0).reduce(0) { $0 + $1.0 * $1.1 } } }
  }

  /// Folders of classes, and in each of them the pictures that `classOf` puts there.
  static func classFolders(_ path: String, _ names: [String], classOf: (Int) -> Int) throws {
    for (index, name) in names.enumerated() {
      try FileManager.default.createDirectory(atPath: "\(path)/\(name)", withIntermediateDirectories: true)
      for (place, picture) in paths.enumerated() where classOf(place) == index {
        try FileManager.default.copyItem(atPath: picture, toPath: "\(path)/\(name)/\(place).jpg")
      }
    }
  }

  static func json<T: Decodable>(_ type: T.Type, _ arguments: [String]) throws -> (report: T, text: String) {
    let outcome = try Clipgraph.run(["evaluate"] + arguments + ["--json"])
    try #require(outcome.status == 0, "\(outcome.errors)")
    return (try JSONDecoder().decode(T.self, from: Data(outcome.output.utf8)), outcome.output)
  }
}
