import ClipGraph
import Foundation
import Testing

/// Weights beside a model that are a symbolic link, as in Hugging Face's cache: refused, unless the link leads beneath
/// `--trusted-root`.
struct TrustedRootTests {
  /// Writes a copy of a graph file whose external data are a link to a file in `blobs`, and gives the copy's path.
  private func linked(_ file: String, in folder: TemporaryFolder) throws -> String {
    let manager = FileManager.default
    for name in ["blobs", "snapshot"] {
      try manager.createDirectory(atPath: folder(name), withIntermediateDirectories: true)
    }
    let copy = folder("snapshot/model.onnx")
    try writeModel(try readModel(file), to: copy, externalData: true, dataName: "weights.bin")
    try manager.moveItem(atPath: folder("snapshot/weights.bin"), toPath: folder("blobs/weights"))
    try manager.createSymbolicLink(
      atPath: folder("snapshot/weights.bin"), withDestinationPath: "../blobs/weights")
    return copy
  }

  /// Runs a command without the flag, with a root beside the blobs, and with one above them; the last alone succeeds.
  private func expectTrust(in folder: TemporaryFolder, _ words: [String]) throws {
    try FileManager.default.createDirectory(atPath: folder("other"), withIntermediateDirectories: true)
    for flags in [[], ["--trusted-root", folder("other")]] {
      let refused = try Clipgraph.run(words + flags)
      #expect(refused.status == 1 && refused.errors.contains("weights.bin"), "\(refused.errors)")
    }
    let outcome = try Clipgraph.run(words + ["--trusted-root", folder.path])
    #expect(outcome.status == 0, "\(outcome.errors)")
  }

  @Test(arguments: ["image", "text"])
  func benchFollowsLinksBeneathTheRoot(tower: String) throws {
    let folder = try TemporaryFolder()
    let model = try linked(try Workshop.shared().model, in: folder)
    try expectTrust(in: folder, ["bench", model, "--tower", tower, "--rounds", "1"])
  }

  @Test func trainingFilesToo() throws {
    let (folder, workshop) = (try TemporaryFolder(), try Workshop.shared())
    let training = try linked(workshop.training, in: folder)
    try expectTrust(in: folder, ["bench", training, "--train", "--batch", "2", "--rounds", "1"])
    let output = folder("trained.onnx")
    try expectTrust(
      in: folder, ["train", training, "--data", workshop.data, "--batch-size", "8", "--steps", "1", "-o", output])
    #expect(FileManager.default.fileExists(atPath: output))
  }
}
