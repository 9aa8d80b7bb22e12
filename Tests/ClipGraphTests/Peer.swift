import Checkpoints
import Foundation
import Tensors

/// The Python environment that tests compare with.
enum Peer {
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path

  /// The interpreter with onnx, onnxruntime, numpy and safetensors: `CLIPGRAPH_PYTHON`, or `.venv` of the package.
  static let python: String? = {
    let candidates = [ProcessInfo.processInfo.environment["CLIPGRAPH_PYTHON"], root + "/.venv/bin/python"]
    return candidates.compactMap { $0 }.first { FileManager.default.isExecutableFile(atPath: $0) }
  }()

  static var isThere: Bool { python != nil }

  /// The interpreter with torch, open_clip and transformers: `CLIPGRAPH_TORCH_PYTHON`.
  static let torchPython: String? = {
    ProcessInfo.processInfo.environment["CLIPGRAPH_TORCH_PYTHON"].flatMap {
      FileManager.default.isExecutableFile(atPath: $0) ? $0 : nil
    }
  }()

  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  /// Runs a script of `Tests/Python`; what it prints is the error's text when it fails.
  static func run(_ script: String, _ arguments: [String], with python: String? = Peer.python) throws {
    guard let python else { throw Failure(description: "no Python environment") }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: python)
    process.arguments = ["\(root)/Tests/Python/\(script)"] + arguments
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    if process.terminationStatus != 0 { throw Failure(description: "\(script): \(text.suffix(2000))") }
  }

  /// What `script` makes of a model and inputs: both are given as files, the answer is read from one.
  static func evaluate(_ script: String, model path: String, _ inputs: [String: NDArray]) throws -> [String: NDArray] {
    let folder = try TemporaryFolder()
    try Safetensors(inputs.map { ($0.key, $0.value) }).write(to: folder.path + "/in.safetensors")
    try run(script, [path, folder.path + "/in.safetensors", folder.path + "/out.safetensors"])
    return try Safetensors(contentsOf: folder.path + "/out.safetensors").byName
  }
}
