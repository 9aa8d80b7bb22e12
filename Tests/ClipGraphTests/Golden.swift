import CLIPModel
import Checkpoints
import ClipGraph
import Foundation
import Graphs
import Preprocessing
import Tensors
import Testing
import TrainingGraphs

/// A tiny model and what the reference implementation makes of it.
struct Golden: Sendable, CustomTestStringConvertible {
  let name: String
  var testDescription: String { name }

  static let all = [Golden(name: "vit-gelu"), Golden(name: "vit-quickgelu")]

  static let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Fixtures/checkpoints").path

  /// Its training steps lie in `goldens/checkpoints` of the shared data beside the checkout.
  static let resNet = Golden(name: "resnet-relu")

  func path(_ file: String) -> String {
    let places = [Golden.fixtures] + Shared.candidates.map { $0 + "/goldens/checkpoints" }
    let paths = places.map { "\($0)/\(name)/\(file)" }
    return paths.first { FileManager.default.fileExists(atPath: $0) } ?? paths[0]
  }

  func tensors(_ file: String) throws -> [String: NDArray] { try Safetensors(contentsOf: path(file)).byName }

  /// The inputs, loss, rate, gradients and states of one training step.
  func step(_ number: Int) throws -> [String: NDArray] {
    if FileManager.default.fileExists(atPath: path("step\(number).safetensors")) {
      return try tensors("step\(number).safetensors")
    }
    var result: [String: NDArray] = [:]
    for (key, array) in try tensors("training.safetensors") where key.hasPrefix("step\(number).") {
      result[String(key.dropFirst("step\(number).".count))] = array
    }
    return result
  }

  /// Whether its training steps are there: those of the ResNet are too large for the repository.
  var hasSteps: Bool {
    ["step0.safetensors", "training.safetensors"].contains { FileManager.default.fileExists(atPath: path($0)) }
  }

  /// The goldens whose training steps are there.
  static var trained: [Golden] { compared.filter(\.hasSteps) }

  static let compared = all + [resNet]

  /// Floating-point states of training: parameters with two moments each, and the running statistics.
  var stateCount: Int { name == "resnet-relu" ? 3 * 105 + 2 * 22 : 3 * 62 }

  /// How far a state may be from that of another program in single precision after one step: absolutely, and in ‖·‖₂. Where a
  /// ReLU falls on the other side of its kink, gradients differ by up to a hundredth, squares by twice that.
  func stateTolerance(_ state: String) -> (absolute: Double, relative: Double) {
    if name != "resnet-relu" { return (1e-5, 1e-3) }
    // A gradient that is zero but for rounding.
    if state.contains("attnpool.k_proj.bias.") { return (1e-6, .infinity) }
    if state.hasSuffix(".exp_avg") { return (.infinity, 1e-2) }
    return (.infinity, state.hasSuffix(".exp_avg_sq") ? 2e-2 : 1e-3)
  }

  /// The recipe of the goldens' three steps.
  static var hyperparameters: Hyperparameters {
    var h = Hyperparameters()
    (h.learningRate, h.warmupSteps, h.totalSteps, h.weightDecay) = (1e-3, 2, 10, 0.2)
    (h.beta1, h.beta2, h.epsilon) = (0.9, 0.98, 1e-6)
    return h
  }

  /// The model, declared with the golden's weights, written to a file and read again.
  func model(training: Bool = false, externalData: Bool = false) throws -> Model {
    let parsed = try CLIPConfiguration.named(path("open_clip_config.json"))
    let declared = try Model.clip(
      parsed, weights: try .checkpoint(path: path("model.safetensors")),
      training: training ? Golden.hyperparameters : nil)
    return try throughFile(declared, externalData: externalData)
  }
}

/// The shared data beside the checkout; `CLIPGRAPH_SHARED` overrides where it lies.
enum Shared {
  static let candidates: [String] =
    [ProcessInfo.processInfo.environment["CLIPGRAPH_SHARED"], Peer.root + "/shared", Peer.root + "/../shared"]
    .compactMap { $0 }
}

/// Writes the model to a file and reads it again.
func throughFile(_ model: Model, functions: Bool = false, externalData: Bool = false) throws -> Model {
  let folder = try TemporaryFolder()
  let path = folder.path + "/model.onnx"
  try writeModel(model, to: path, functions: functions, externalData: externalData)
  return try readModel(path)
}

/// A folder that goes with its owner. Files mapped from it stay valid.
final class TemporaryFolder: Sendable {
  let path: String
  init() throws {
    path = FileManager.default.temporaryDirectory.appendingPathComponent("clipgraph-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }
  deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// How far two arrays of floats are apart.
struct Distance {
  /// max |a − b|.
  var absolute = 0.0
  /// max |a − b| / max |b|.
  var maximum = 0.0
  /// ‖a − b‖ / ‖b‖.
  var relative = 0.0
  /// Share of elements within 1e-5 of max |b|.
  var close = 1.0

  init(_ actual: NDArray?, _ expected: NDArray) throws {
    let a = try #require(actual).values(as: Float.self)
    let b = expected.values(as: Float.self)
    try #require(a.count == b.count && !b.isEmpty)
    let peak = b.reduce(0.0) { max($0, abs(Double($1))) }
    let differences = zip(a, b).map { abs(Double($0) - Double($1)) }
    let isFinite = differences.allSatisfy { $0.isFinite }
    try #require(isFinite)
    let scale = max(peak, .leastNormalMagnitude)
    absolute = differences.max() ?? 0
    maximum = absolute / scale
    let norm = b.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
    relative = differences.reduce(0.0) { $0 + $1 * $1 }.squareRoot() / max(norm, .leastNormalMagnitude)
    close = Double(differences.count { $0 <= 1e-5 * scale }) / Double(differences.count)
  }

  /// Of a packed bias of queries, keys and values, without the keys' third. Softmax does not see a shift of all keys: that
  /// gradient is zero, and what single precision leaves of it is rounding, which AdamW blows up to the size of its epsilon.
  init(withoutKeys actual: NDArray?, _ expected: NDArray) throws {
    func rest(_ array: NDArray) -> NDArray {
      let values = array.values(as: Float.self)
      let third = array.count / 3
      return NDArray(Array(values[..<third] + values[(2 * third)...]), [2 * third])
    }
    try self.init(rest(try #require(actual)), rest(expected))
  }
}
