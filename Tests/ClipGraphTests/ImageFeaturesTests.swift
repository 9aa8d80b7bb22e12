import Graphs
import Operators
import Preprocessing
import Tensors
import Testing

@testable import ClipGraph

@Suite("Features before the projection")
struct ImageFeaturesTests {
  private static let file = Peer.root + "/models/shapes.onnx"
  private static let picture = Peer.root + "/Tests/Fixtures/images/jpeg-53x55-q60.jpg"

  private func clip(_ features: ImageFeatures) throws -> CLIP {
    var options = CLIP.Options(threads: 1)
    options.imageFeatures = features
    return try CLIP(contentsOf: Self.file, options: options)
  }

  @Test("projected, they are the embedding; a ViT's probes take them")
  func projection() throws {
    let (embedding, before, auto) = (try clip(.embedding), try clip(.beforeProjection), try clip(.automatic))
    let pictures = [try DecodedImage(contentsOf: Self.picture)]
    let (expected, features) = (try embedding.encode(pictures: pictures), try before.encode(pictures: pictures))
    #expect(try auto.encode(pictures: pictures).values == features.values)
    #expect(embedding.imageFeatures == .embedding && auto.imageFeatures == .beforeProjection)
    let graph = embedding.model.graph
    let projection = try #require(graph.value(named: "visual.proj").flatMap { graph.constants[$0] })
    #expect(projection.sizes == [features.width, expected.width])
    let weights = projection.values(as: Float.self)
    for column in 0..<expected.width {
      let sum = (0..<features.width).reduce(0.0) {
        $0 + Double(features.values[$1]) * Double(weights[$1 * expected.width + column])
      }
      #expect(abs(sum - Double(expected.values[column])) < 1e-4)
    }
  }

  private func tower(convolutions: Int, _ end: (Tensor, GraphBuilder) -> Tensor) throws -> Graph {
    try Graph.build("g") { b in
      var x = b.input("image", .float32, [.symbol("n"), 3, 4, 4])
      for index in 0..<convolutions {
        let weight = NDArray((0..<9).map { Float($0) / 9 - 0.3 }, [3, 3, 1, 1])
        x = b.apply(Conv(), [x, b.parameter("w\(index)", weight)])
      }
      let flat = b.apply(Flatten(), [x])
      let weight = NDArray((0..<192).map { Float($0 % 5) - 2 }, [48, 4])
      b.output("image_features", end(flat.matmul(b.parameter("w", weight)), b))
    }
  }

  @Test func aNormalisationBehindTheProjectionIsPassed() throws {
    let points = EntryPoints(
      try tower(convolutions: 1) { x, _ in x / (x * x).sum([-1], keepDimensions: true).squareRoot() })
    #expect(!points.isConvolutional)
    let before = try #require(points.beforeProjection)
    #expect(before.image?.outputType.shape == [.symbol("n"), 48] && before.text == nil)
  }

  @Test func resNetsKeepTheirEmbedding() throws {
    let graph = try tower(convolutions: 2) { x, _ in x }
    #expect(EntryPoints(graph).isConvolutional)
    var options = CLIP.Options(threads: 1)
    options.imageFeatures = .automatic
    #expect(try CLIP(Model(graph: graph), options: options).imageFeatures == .embedding)
  }

  @Test func aTowerWithoutAProjectionSaysSo() throws {
    let graph = try tower(convolutions: 1) { x, _ in x + x.tanh() }
    #expect(EntryPoints(graph).beforeProjection == nil)
    var options = CLIP.Options(threads: 1)
    options.imageFeatures = .beforeProjection
    let error = #expect(throws: ClipGraphError.self) { _ = try CLIP(Model(graph: graph), options: options) }
    #expect(error?.message.contains("does not end in a projection") == true)
  }
}
