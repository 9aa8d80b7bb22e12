import Checkpoints
import ClipGraph
import Foundation
import Graphs
import Tensors
import Testing

/// Training files that this library did not write: explicit gradient descent, and AdamW as a function of its own with a
/// schedule in the graph. Their states after every step are ONNX Runtime's.
@Suite("Training files of others")
struct TrainingFileTests {
  static let names = ["linreg_sgd_explicit", "linreg_adamw_function_lrsched"]

  @Test("every step is met to 1e-5", arguments: names, [Engine.Compilation.training, .none])
  func steps(name: String, compilation: Engine.Compilation) throws {
    let folder = URL(fileURLWithPath: Golden.fixtures).deletingLastPathComponent().path + "/training/" + name
    let truth = try Safetensors(contentsOf: folder + "/steps.safetensors").byName
    let graph = try #require(try readModel(folder + "/model.onnx").training).step
    let engine = try Engine(graph, compilation: compilation)
    var step = 0
    while truth.keys.contains(where: { $0.hasPrefix("batch\(step).") }) {
      var inputs: [String: NDArray] = [:]
      for (key, array) in truth where key.hasPrefix("batch\(step).") {
        inputs[String(key.dropFirst("batch\(step).".count))] = array
      }
      let outputs = try engine.step(inputs)
      for (key, expected) in truth where key.hasPrefix("out\(step).") {
        let name = String(key.dropFirst("out\(step).".count))
        #expect(try Distance(outputs[name], expected).maximum <= 1e-5, "step \(step): \(name)")
      }
      for (key, expected) in truth where key.hasPrefix("state\(step + 1).") {
        let name = String(key.dropFirst("state\(step + 1).".count))
        let state = try engine.session.state(named: name)
        if expected.scalar == .float32 {
          #expect(try Distance(state, expected).maximum <= 1e-5, "step \(step): \(name)")
        } else {
          #expect(state.integers == expected.integers, "step \(step): \(name)")
        }
      }
      step += 1
    }
    #expect(step >= 3)
  }

  @Test("initialization gives the first state", arguments: names)
  func initialization(name: String) throws {
    let folder = URL(fileURLWithPath: Golden.fixtures).deletingLastPathComponent().path + "/training/" + name
    let truth = try Safetensors(contentsOf: folder + "/steps.safetensors").byName
    let model = try TrainableModel(try readModel(folder + "/model.onnx"))
    try model.reinitialize()
    let engine = try model.engine()
    let states = engine.session.stateNames
    #expect(!states.isEmpty)
    for name in states {
      let expected = try #require(truth["state0.\(name)"])
      let state = try engine.session.state(named: name)
      #expect(state.sizes == expected.sizes && state.scalar == expected.scalar, "\(name)")
    }
  }
}
