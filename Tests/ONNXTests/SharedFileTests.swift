import Foundation
import Graphs
import Operators
import Tensors
import Testing

@testable import ONNX

/// Files that others wrote, from the folder of shared data beside the repository, where there is one.
struct SharedFileTests {
  static let folder: URL? = {
    var folder = URL(filePath: #filePath)
    while folder.path != "/" {
      folder.deleteLastPathComponent()
      let candidate = folder.appending(path: "shared/onnx")
      if FileManager.default.fileExists(atPath: candidate.path) { return candidate }
    }
    return nil
  }()

  static func read(_ path: String, _ catalogue: Catalogue = TestOperators.catalogue) throws -> Model {
    try Model(contentsOf: path, catalogue: catalogue)
  }

  @Test(
    .enabled(if: folder != nil, "shared/onnx is absent"),
    arguments: ["linreg_sgd_explicit", "linreg_adamw_function_lrsched"])
  func trainingToysAreRead(name: String) throws {
    let path = try #require(Self.folder).appending(path: "train/\(name)/model.onnx").path
    let model = try Self.read(path)
    let info = try #require(model.training)
    let keys = info.step.updates.map { info.step[$0.state].name }
    #expect(model.graph.nodes.count == 2)
    #expect(
      keys == (name.hasPrefix("linreg_sgd") ? ["W", "b", "step"] : ["W", "b", "W_m", "W_v", "b_m", "b_v", "step"]))
    #expect(info.step.outputs.map(\.name) == (name.hasPrefix("linreg_sgd") ? ["loss"] : ["loss", "lr"]))
    #expect(info.bindings.map(\.state) == ["W", "b", "step"])
    #expect(info.step.nodes.contains { $0.name.hasSuffix("/p_new") } == name.hasPrefix("linreg_adamw"))
    // What a reader keeps of another program's file can be written and read again.
    let again = try Model(bytes: try model.serialized(), catalogue: TestOperators.catalogue)
    #expect(try #require(again.training).step.words.sorted() == info.step.words.sorted())
  }

  /// Whatever exporters write is read, or refused in one line that says why.
  @Test(.enabled(if: folder != nil, "shared/onnx is absent"))
  func filesFromTheWildAreReadOrRefusedClearly() throws {
    let folder = try #require(Self.folder).appending(path: "wild")
    var read = 0
    for name in try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() {
      let path = folder.appending(path: "\(name)/model.onnx").path
      guard FileManager.default.fileExists(atPath: path) else { continue }
      let said = complaint { try Self.read(path, .standard) }
      #expect(!said.contains("\n") && said.count < 2000, "\(name): \(said)")
      read += said == "no error" ? 1 : 0
    }
    #expect(read > 0)
  }

  /// Ill-formed files that a reader must refuse whatever operators it knows; the rest need a catalogue of real
  /// operators.
  @Test(.enabled(if: folder != nil, "shared/onnx is absent"), arguments: [true, false])
  func illFormedFilesAreRefused(knowsAllOperators: Bool) throws {
    let directory = try TemporaryDirectory()
    let tar = Process()
    tar.executableURL = URL(filePath: "/usr/bin/env")
    let archive = try #require(Self.folder).appending(path: "bad.tar.gz").path
    tar.arguments = ["tar", "xzf", archive, "-C", directory.url.path]
    try tar.run()
    tar.waitUntilExit()
    let readme = try String(contentsOfFile: directory.path("bad/README.md"), encoding: .utf8)
    var refused = 0
    for line in readme.split(separator: "\n") {
      let cells = line.split(separator: "|", omittingEmptySubsequences: false).map {
        $0.trimmingCharacters(in: .whitespaces)
      }
      guard cells.count > 4, cells[1] != "case", !cells[1].hasPrefix("---") else { continue }
      let path = directory.path("bad/\(cells[1])/model.onnx")
      let said = complaint { try Self.read(path, knowsAllOperators ? .standard : TestOperators.catalogue) }
      let isControl = cells[3] == "accept" || knowsAllOperators && cells[1] == "train_ok"
      if isControl { #expect(said == "no error", "\(cells[1]): \(said)") }
      let mayWait = ["run", "accept", "no crash"].contains { cells[3].contains($0) }
      if !isControl && (!mayWait || cells[1].hasPrefix("train_") && cells[1] != "train_ok") {
        #expect(said != "no error", "\(cells[1]) was read")
        refused += 1
      }
      #expect(!said.contains("\n"), "\(cells[1]): \(said)")
    }
    #expect(refused > 60)
  }
}
