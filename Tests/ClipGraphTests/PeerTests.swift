import CLIPModel
import ClipGraph
import Graphs
import Tensors
import Testing
import TrainingGraphs

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

  @Test("one training step, graph and algorithm joined, updates every state alike", arguments: Golden.trained)
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
    var all = (seen: 0, count: 0)
    for (name, truth) in theirs where name.hasPrefix("state.") {
      let state = try engine.session.state(named: String(name.dropFirst("state.".count)))
      guard truth.scalar == .float32 else {
        #expect(state.integers == truth.integers)
        continue
      }
      let distance = try Distance(state, truth)
      let (absolute, relative) = golden.stateTolerance(name)
      #expect(distance.relative <= relative, "\(name): \(distance.relative)")
      compared += 1
      // AdamW divides a gradient by its own size: where that is as small as the rounding of the largest in its tensor, as
      // for the keys' bias, it is rounding that decides how far the step goes.
      let parameter = name.dropFirst("state.".count)
      let moment = theirs["state." + TrainingName.firstMoment(String(parameter))]?.values(as: Float.self)
      let smallest = 1e-4 * (moment?.map(abs).max() ?? 0)
      let (a, b) = (state.values(as: Float.self), truth.values(as: Float.self))
      let seen = a.indices.filter { index in moment.map { abs($0[index]) >= smallest } ?? true }
      let worst = seen.reduce(0) { max($0, abs(a[$1] - b[$1])) }
      #expect(Double(worst) <= absolute, "\(name): \(worst)")
      (all.seen, all.count) = (all.seen + seen.count, all.count + a.count)
    }
    #expect(compared == golden.stateCount)
    #expect(Double(all.seen) >= 0.99 * Double(all.count))
  }
}
