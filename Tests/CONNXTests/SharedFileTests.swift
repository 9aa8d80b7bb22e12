import CONNX
import Foundation
import Testing

/// Files that others wrote, from the folder of shared data beside the repository, where there is one.
@Suite struct SharedFileTests {
  /// The first `shared/onnx` beside one of the folders that hold this file.
  static let folder: URL? = {
    var folder = URL(filePath: #filePath)
    while folder.path != "/" {
      folder.deleteLastPathComponent()
      let candidate = folder.appending(path: "shared/onnx")
      if FileManager.default.fileExists(atPath: candidate.path) { return candidate }
    }
    return nil
  }()

  static func models(under folder: URL) -> [URL] {
    let paths = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String } ?? []
    return paths.filter { $0.hasSuffix(".onnx") }.sorted().map { folder.appending(path: $0) }
  }

  @Test(.enabled(if: folder != nil, "shared/onnx is absent"), arguments: ["wild", "train"])
  func opens(kind: String) throws {
    let files = Self.models(under: try #require(Self.folder).appending(path: kind))
    #expect(!files.isEmpty)
    for file in files {
      let bytes = try Array(Data(contentsOf: file))
      let model = try OpenedModel(bytes)
      #expect(try #require(model.proto.graph).pointee.n_node > 0, "\(file.path)")
      // Every writer puts fields in the order of their numbers, so a loss-free round trip gives the same bytes.
      #expect(try model.repacked() == bytes, "\(file.path)")
    }
  }

  /// Those whose fault is in the wire itself; the rest are for the layers above.
  static let illFormed = [
    "trunc_half", "trunc_1byte", "random_bytes", "random_suffix", "group_wire_type", "field_zero", "len_huge",
    "len_negative",
  ]

  @Test(.enabled(if: folder != nil, "shared/onnx is absent"))
  func illFormedFilesNeverCrash() throws {
    let target = FileManager.default.temporaryDirectory.appending(path: "connx-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: target, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: target) }
    let tar = Process()
    tar.executableURL = URL(filePath: "/usr/bin/env")
    tar.arguments = [
      "tar", "xzf", try #require(Self.folder).appending(path: "bad.tar.gz").path, "-C", target.path, "--wildcards",
      "*/model.onnx",
    ]
    try tar.run()
    tar.waitUntilExit()
    try #require(tar.terminationStatus == 0)
    var refused: Set<String> = []
    for file in Self.models(under: target) {
      do {
        _ = try OpenedModel(Array(Data(contentsOf: file))).repacked()
      } catch let refusal as Refusal {
        #expect(!refusal.message.isEmpty)
        refused.insert(file.deletingLastPathComponent().lastPathComponent)
      }
    }
    #expect(refused.isSuperset(of: Self.illFormed))
  }
}
