import ClipGraph
import Foundation
import Graphs
import Tensors
import Testing
import TrainingGraphs

/// The file rules: a copy that was edited with the `onnx` package trains as edited.
@Suite("The file rules", .enabled(if: Peer.isThere, "needs Python with onnx: make setup-tests"))
struct FileRulesTests {
  let golden = Golden.all[0]
  let folder: TemporaryFolder
  let original: String

  init() throws {
    folder = try TemporaryFolder()
    original = folder.path + "/original.onnx"
    try writeModel(try golden.model(training: true), to: original)
  }

  /// Takes one step from a file; its outputs, and the states after it.
  func step(_ path: String) throws -> (outputs: [String: NDArray], state: (String) throws -> NDArray) {
    let model = try TrainableModel(try readModel(path), threads: 2)
    let inputs = try golden.tensors("step0.safetensors").filter { ["image", "text"].contains($0.key) }
    let outputs = try model.step(inputs)
    let engine = try model.engine()
    return (outputs, { try engine.session.state(named: $0) })
  }

  func edited(_ edit: String) throws -> String {
    let path = "\(folder.path)/\(edit).onnx"
    try Peer.run("edit_training.py", [original, path, edit])
    return path
  }

  @Test("a loss that was scaled trains with the scaled gradient")
  func loss() throws {
    let (plain, scaled) = (try step(original), try step(try edited("loss")))
    let (a, b) = (try #require(plain.outputs["loss"]), try #require(scaled.outputs["loss"]))
    #expect(abs(b.values(as: Float.self)[0] - 3 * a.values(as: Float.self)[0]) < 1e-4)
    let name = TrainingName.firstMoment("visual.proj")
    let tripled = NDArray(try plain.state(name).values(as: Float.self).map { 3 * $0 }, [64, 24])
    #expect(try Distance(try scaled.state(name), tripled).maximum < 1e-4)
  }

  @Test("an update rule that was replaced is the one that runs")
  func rule() throws {
    let before = try golden.tensors("model.safetensors")
    let gradients = try golden.tensors("step0.safetensors")
    let descended = try step(try edited("rule"))
    for name in ["visual.proj", "ln_final.bias", "token_embedding.weight"] {
      let p = try #require(before[name])
      let g = try #require(gradients["grad." + name])
      let expected = zip(p.values(as: Float.self), g.values(as: Float.self)).map { $0 - 0.1 * $1 }
      #expect(try Distance(try descended.state(name), NDArray(expected, p.sizes)).maximum < 1e-5, "\(name)")
    }
  }

  @Test("a parameter whose update binding was removed stays frozen")
  func frozen() throws {
    let path = try edited("frozen")
    let model = try TrainableModel(try readModel(path), threads: 2)
    let inputs = try golden.tensors("step0.safetensors").filter { ["image", "text"].contains($0.key) }
    _ = try model.step(inputs)
    let trained = try model.inferenceModel().graph
    let before = try golden.tensors("model.safetensors")
    func numbers(_ name: String) throws -> NDArray? { trained.constants[try #require(trained.value(named: name))] }
    #expect(try numbers("visual.proj") == before["visual.proj"])
    #expect(try numbers("text_projection") != before["text_projection"])
  }
}
