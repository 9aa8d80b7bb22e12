import Checkpoints
import ClipGraph
import Foundation
import Graphs
import Tensors
import Testing

/// Tiny CLIPs as other programs write them, with inputs and the outputs expected.
enum Wild {
  /// `onnx/wild` of the shared data.
  static let folder: String? = Shared.candidates.map { $0 + "/onnx/wild" }
    .first { FileManager.default.fileExists(atPath: $0) }

  static var isThere: Bool { folder != nil && Peer.isThere }

  static let names: [String] = {
    let all = folder.flatMap { try? FileManager.default.contentsOfDirectory(atPath: $0) } ?? []
    return all.filter { !$0.hasPrefix(".") }.sorted()
  }()

  /// The inputs and outputs of all files, unpacked once.
  private static let unpacked = Result {
    let result = try TemporaryFolder()
    try Peer.run("unpack_npz.py", [folder ?? "", result.path])
    return result
  }

  static func path(_ name: String) -> String { "\(folder ?? "")/\(name)/model.onnx" }

  /// Each run that the file comes with.
  static func runs(_ name: String) throws -> [(inputs: [String: NDArray], outputs: [String: NDArray])] {
    let folder = try unpacked.get()
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    return try files.filter { $0.hasPrefix(name + ".io") }.map { file in
      var run = (inputs: [String: NDArray](), outputs: [String: NDArray]())
      for (key, array) in try Safetensors(contentsOf: folder.path + "/" + file).byName {
        if key.hasPrefix("in.") {
          run.inputs[String(key.dropFirst(3))] = array
        } else {
          run.outputs[String(key.dropFirst(4))] = array
        }
      }
      return run
    }
  }

  /// max |a − b| / max |expected| and the least cosine that a file of this name may show.
  static func tolerance(_ name: String) -> (maximum: Double, cosine: Double) {
    if name.contains("__dynq") { return (2e-2, 0.9995) }
    if name.contains("__static") { return (5e-2, 0.995) }
    if name.contains("__fp16") || name.contains("bf16") { return (1e-2, 0) }
    if name.contains("__nbits") || name.contains("__bnb4") { return (1e-3, 0) }
    return (1e-4, 0)
  }

  /// What is wrong with the outputs of a run, if anything.
  static func complaint(_ actual: [String: NDArray], _ expected: [String: NDArray], _ name: String) -> String? {
    let (bound, cosine) = tolerance(name)
    for (key, truth) in expected.sorted(by: { $0.key < $1.key }) {
      guard let array = actual[key] else { return "\(key) is not made" }
      if array.sizes != truth.sizes { return "\(key) is \(array.sizes), not \(truth.sizes)" }
      if let integers = truth.integers {
        if array.integers != integers { return "\(key) differs" }
        continue
      }
      let (a, b) = (array.floats, truth.floats)
      let peak = b.reduce(0) { max($0, abs($1)) }
      let error = zip(a, b).reduce(0) { $1.0.isFinite ? max($0, abs($1.0 - $1.1)) : .infinity } / peak
      if error > bound { return "\(key) is off by \(error)" }
      func dot(_ x: [Double], _ y: [Double]) -> Double { zip(x, y).reduce(0) { $0 + $1.0 * $1.1 } }
      let angle = dot(a, b) / (dot(a, a) * dot(b, b)).squareRoot()
      if angle < cosine { return "\(key) has the cosine \(angle)" }
    }
    return nil
  }

  /// What is wrong with the file under a compilation, if anything.
  static func complaint(_ name: String, _ compilation: Engine.Compilation) throws -> String? {
    do {
      let engine = try Engine(try readModel(path(name)).graph, compilation: compilation, threads: 1)
      for run in try runs(name) {
        if let complaint = complaint(try engine.run(run.inputs), run.outputs, name) { return complaint }
      }
      return nil
    } catch let error as ClipGraphError {
      return "\(error)"
    }
  }
}

extension NDArray {
  /// The elements of a floating-point array.
  fileprivate var floats: [Double] {
    switch scalar {
    case .float32: values(as: Float.self).map(Double.init)
    case .float64: values(as: Double.self)
    case .float16: halves.map { Double(Float16(bitPattern: $0)) }
    case .bfloat16: halves.map { Double(Float(bitPattern: UInt32($0) << 16)) }
    default: []
    }
  }

  private var halves: [UInt16] { (0..<count).map { address.load(fromByteOffset: 2 * $0, as: UInt16.self) } }
}
