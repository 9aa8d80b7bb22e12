import CLIPModel
import ClipGraph
import Graphs
import Tensors
import Testing

@Suite("ONNX Runtime agrees", .enabled(if: Peer.isThere, "needs Python with onnx and onnxruntime: make setup-tests"))
struct PeerTests {
  @Test("an exported file passes onnx.checker and gives the same outputs", arguments: Golden.compared)
  func inference(golden: Golden) throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/model.onnx"
    try writeModel(try golden.model(training: true), to: path)
    let inputs = try golden.tensors("expected.safetensors").filter { ["image", "text"].contains($0.key) }
    let theirs = try Peer.evaluate("check_inference.py", model: path, inputs)
    let ours = try Engine(try readModel(path).graph, compilation: .inference).run(inputs)
    #expect(Set(theirs.keys) == ["image_features", "text_features", "logits_per_image", "logits_per_text"])
    for (name, truth) in theirs {
      let distance = try Distance(ours[name], truth)
      #expect(distance.maximum <= 1e-4, "\(name): \(distance.maximum)")
    }
  }

  @Test("one training step, graph and algorithm joined, updates every state alike", arguments: Golden.compared)
  func training(golden: Golden) throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/model.onnx"
    try writeModel(try golden.model(training: true), to: path)
    let inputs = try golden.step(0).filter { ["image", "text"].contains($0.key) }
    let theirs = try Peer.evaluate("check_training.py", model: path, inputs)
    let engine = try Engine(try #require(try readModel(path).training).step, compilation: .training)
    let ours = try engine.step(inputs)
    #expect(try Distance(ours["loss"], try #require(theirs["loss"])).maximum <= 1e-5)
    var compared = 0
    for (name, truth) in theirs where name.hasPrefix("state.") {
      let state = try engine.session.state(named: String(name.dropFirst("state.".count)))
      guard truth.scalar == .float32 else {
        #expect(state.integers == truth.integers)
        continue
      }
      let distance = try Distance(state, truth)
      let seen = name.hasSuffix("in_proj_bias") ? try Distance(withoutKeys: state, truth) : distance
      let (absolute, relative) = golden.stateTolerance(name)
      #expect(seen.absolute <= absolute, "\(name): \(seen.absolute)")
      #expect(distance.relative <= relative, "\(name): \(distance.relative)")
      compared += 1
    }
    #expect(compared == golden.stateCount)
  }
}
