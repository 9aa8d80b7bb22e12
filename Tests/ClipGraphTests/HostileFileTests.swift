import ClipGraph
import Foundation
import Tensors
import Testing

/// Files of some bytes that ask for what no machine has, or for what has no meaning: an error that says so on one line, or
/// defined numbers, and neither a trap nor a wait.
@Suite(
  "Hostile files", .enabled(if: Peer.isThere, "needs Python with onnx: make setup-tests"), .timeLimit(.minutes(10)))
struct HostileFileTests {
  /// What has a meaning in all its strangeness: casts saturate, integers wrap, a diagonal may lie outside.
  private static let meaningful = [
    "cast-", "integers-", "eye-like-huge", "slice-step-most", "fold-bytes", "loop-negative",
  ]
  /// Takes long to run, as it says, but not to compile.
  private static let laborious = "fold-work"

  @Test("are refused in a line, or mean something") func answers() throws {
    let folder = try TemporaryFolder()
    try Peer.run("hostile.py", [folder.path])
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".onnx") }
      .sorted()
    #expect(files.count > 140)
    for file in files {
      let sizes = file.hasPrefix("fold-bytes") ? [1, 1, 1, 1] : [2, 3, 8, 8]
      let x = NDArray([Float](repeating: 1, count: sizes.reduce(1, *)), sizes)
      let read = Result { try readModel(folder.path + "/" + file) }
      for compilation in [Engine.Compilation.none, .inference] {
        do {
          let model = try read.get()
          let engine = try Engine(model.graph, compilation: compilation, threads: 1)
          if file.hasPrefix(Self.laborious) { continue }
          let results = try engine.run(model.graph.inputs.isEmpty ? [:] : ["x": x])
          #expect(results["y"] != nil)
          #expect(Self.meaningful.contains { file.hasPrefix($0) }, "\(file), \(compilation): was taken")
        } catch {
          let said = "\(error)"
          #expect(!Self.meaningful.contains { file.hasPrefix($0) }, "\(file), \(compilation): \(said)")
          #expect(!said.isEmpty && !said.contains("\n"), "\(file), \(compilation): \(said)")
        }
      }
    }
  }
}
