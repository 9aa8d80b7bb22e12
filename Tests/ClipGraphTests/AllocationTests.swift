import ClipGraph
import Foundation
import Testing

@Suite("Running allocates nothing")
struct AllocationTests {
  /// `AllocationProbe`, built beside the tests: it interposes malloc.
  static let probe = Bundle.main.executableURL.map {
    $0.deletingLastPathComponent().appendingPathComponent("AllocationProbe").path
  }

  @Test("the third run of a program calls no malloc", arguments: ["inference", "training"])
  func thirdRun(kind: String) throws {
    let probe = try #require(
      [AllocationTests.probe, Peer.root + "/.build/debug/AllocationProbe"].compactMap { $0 }
        .first { FileManager.default.isExecutableFile(atPath: $0) })
    let folder = try TemporaryFolder()
    try writeModel(try Golden.all[0].model(training: true), to: folder.path + "/model.onnx")
    let process = Process()
    process.executableURL = URL(fileURLWithPath: probe)
    process.arguments = [folder.path + "/model.onnx", kind]
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    #expect(text == "0\n")
  }
}
