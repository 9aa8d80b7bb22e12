import CLIPModel
import ClipGraph
import Graphs
import Tensors
import Testing
import TrainingGraphs

@Suite("Models for other image sizes")
struct ResizeTests {
  let golden = Golden(name: "vit-gelu")

  private func images(_ side: Int) -> NDArray {
    NDArray((0..<2 * 3 * side * side).map { Float($0 * 7 % 101) / 50 - 1 }, [2, 3, side, side])
  }

  @Test("a converted checkpoint runs at the new size; captions give what they gave, as far as they fit")
  func converted() throws {
    let resizing = Resizing(imageSize: 48, contextLength: 12)
    let model = try ConversionTests.converted(golden.path("")) { $0.resizing = resizing }
    #expect(try CLIPMetadata(of: model)?.configuration.vision.imageSize == 48)
    #expect(try CLIPMetadata(of: model)?.configuration.text.contextLength == 12)
    let engine = try Engine(model.graph, compilation: .inference)
    let features = try engine.run(["image": images(48)], outputs: ["image_features"])
    #expect(features["image_features"]?.sizes == [2, 24])
    let expected = try golden.tensors("expected.safetensors")
    let text = try #require(expected["text"]?.integers)
    let short = text.indices.filter { $0 % 16 < 12 }.map { Int64($0 % 16 == 11 ? 96 : text[$0]) }
    let tokens = NDArray(short, [short.count / 12, 12])
    let whole = try Engine(try golden.model().graph, compilation: .none)
    let (ours, truth) = (
      try engine.run(["text": tokens], outputs: ["text_features"]),
      try whole.run(["text": tokens], outputs: ["text_features"])
    )
    let distance = try Distance(ours["text_features"], try #require(truth["text_features"]))
    #expect(distance.maximum <= 1e-5)
    #expect(throws: ClipGraphError.self) { try engine.run(["image": images(32)], outputs: ["image_features"]) }
  }

  @Test("a training file trains at the new size, with its weights and hyper-parameters")
  func training() throws {
    let resizing = Resizing(imageSize: 64, interpolation: .bilinear)
    let model = try throughFile(try golden.model(training: true).resized(resizing))
    #expect(try CLIPMetadata(of: model)?.configuration.vision.imageSize == 64)
    let trainable = try TrainableModel(model)
    #expect(trainable.value(.learningRate).map { Float($0) } == 1e-3)
    #expect(trainable.value(.totalSteps) == 10)
    let text = try #require(try golden.step(0)["text"]?.integers)
    let tokens = NDArray(text.prefix(32).map { Int64($0) }, [2, 16])
    let loss = try trainable.step(["image": images(64), "text": tokens])["loss"]
    #expect(try #require(loss?.values(as: Float.self).first).isFinite)
    #expect(try trainable.stepsTaken() == 1)
  }

  @Test("resizing to the same size changes nothing")
  func same() throws {
    let model = try golden.model()
    let again = try throughFile(try model.resized(Resizing(imageSize: 32)))
    let inputs = try golden.tensors("expected.safetensors").filter { ["image", "text"].contains($0.key) }
    let (one, two) = (
      try Engine(model.graph, compilation: .none).run(inputs), try Engine(again.graph, compilation: .none).run(inputs)
    )
    #expect(one == two)
    #expect(again.metadata.map(\.key) == model.metadata.map(\.key))
  }

  @Test("a graph that is no CLIP of this library cannot be resized")
  func foreign() throws {
    let error = #expect(throws: ClipGraphError.self) {
      try Model(graph: try golden.model().graph).resized(Resizing(imageSize: 64), place: "f.onnx")
    }
    #expect(error?.description.contains("f.onnx: does not say which CLIP it is") == true)
  }
}
