import Checkpoints
import ClipGraph
import Foundation
import Tensors
import Testing

@Suite("Single operators", .enabled(if: Peer.isThere, "needs Python with onnx and onnxruntime: make setup-tests"))
struct ForeignOperatorTests {
  /// Write graphs of one operator with inputs and what they give.
  static let scripts = [
    "foreign_operators.py", "standard_operators.py", "readings.py", "official_operators.py",
    "quantized_operators.py",
  ]

  @Test("numbers are those of ONNX Runtime and of the standard's reference", arguments: scripts)
  func computesWhatTheyCompute(script: String) throws {
    let folder = try TemporaryFolder()
    try Peer.run(script, [folder.path])
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".onnx") }
    #expect(files.count > 15)
    for file in files.sorted() {
      let tensors = try Safetensors(contentsOf: folder.path + "/" + file.replacing(".onnx", with: ".safetensors"))
        .byName
      func part(_ prefix: String) -> [String: NDArray] {
        Dictionary(
          uniqueKeysWithValues: tensors.filter { $0.key.hasPrefix(prefix) }
            .map { (String($0.key.dropFirst(prefix.count)), $0.value) })
      }
      for compilation in [Engine.Compilation.none, .inference] {
        do {
          let (model, inputs) = try readModel(folder.path + "/" + file, given: part("in."))
          let actual = try Engine(model.graph, compilation: compilation, threads: 1).run(inputs)
          for (name, truth) in part("out.") {
            let mistake = complaint(try #require(actual[name]), truth)
            #expect(mistake == nil, "\(file), \(compilation): \(name) \(mistake ?? "")")
          }
        } catch { Issue.record("\(file), \(compilation): \(error)") }
      }
    }
  }

  @Test("a step of ONNX's own Gradient and Momentum is the one worked out by hand")
  func stepsAsONNXDoes() throws {
    let folder = try TemporaryFolder()
    try Peer.run("official_operators.py", [folder.path])
    let file = folder.path + "/training/momentum"
    let truth = try Safetensors(contentsOf: file + ".safetensors").byName
    let training = try #require(try readModel(file + ".onnx").training)
    let engine = try Engine(training.step, compilation: .training, threads: 1)
    let losses = try #require(truth["losses"]?.values(as: Float.self))
    for loss in losses {
      let results = try engine.step(truth.filter { ["x", "y"].contains($0.key) })
      let actual = try #require(results["loss"]?.values(as: Float.self).first)
      #expect(abs(actual - loss) <= 1e-5 * loss)
    }
    for name in ["w", "v"] {
      let mistake = complaint(try engine.session.state(named: name), try #require(truth[name]))
      #expect(mistake == nil, "\(name) \(mistake ?? "")")
    }
    #expect(try engine.session.state(named: "t").integers == [losses.count])
  }

  /// What is wrong with numbers, if anything: NaN must be NaN, infinities and integers must be equal.
  private func complaint(_ actual: NDArray, _ truth: NDArray) -> String? {
    guard actual.type == truth.type else { return "is \(actual.type), not \(truth.type)" }
    guard let a = actual.doubles, let b = truth.doubles else {
      return actual == truth ? nil : "differs"
    }
    let peak = b.filter(\.isFinite).reduce(0) { max($0, abs($1)) }
    let bound = (truth.scalar == .float16 ? 2e-3 : 2e-5) * max(peak, 1e-3)
    let wrong = zip(a, b).first { !($0 == $1 || ($0.isNaN && $1.isNaN) || abs($0 - $1) < bound) }
    return wrong.map { "has \($0.0) instead of \($0.1)" }
  }
}
