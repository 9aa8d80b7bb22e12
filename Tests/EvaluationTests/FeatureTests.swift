import ClipGraph
import Datasets
import Foundation
import Graphs
import Operators
import Tensors
import Testing

@testable import Evaluation

@Suite("Features of pictures")
struct FeatureTests {
  private static let picture = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Fixtures/images/png-rgb.png").path

  /// A tower of one product, whose features are the sums of pixels, times `weight`.
  private func clip(_ weight: Float) throws -> CLIP {
    let graph = try Graph.build("g") { b in
      let image = b.input("image", .float32, [.symbol("n"), 3, 2, 2])
      let weights = NDArray([Float](repeating: weight, count: 24), [12, 2])
      b.output("image_features", b.apply(Flatten(), [image]).matmul(b.parameter("w", weights)))
    }
    return try CLIP(Model(graph: graph), options: CLIP.Options(threads: 1))
  }

  private func data(_ label: Int) -> SampleList {
    SampleList(
      name: "list", rows: [.init(path: Self.picture, captions: [""], classes: ClassLabels(present: [label]))])
  }

  @Test func whatIsNoNumberIsRefusedWithItsPicture() throws {
    #expect(try LinearProbe.split(clip(1), data: data(0)).features.count == 2)
    let error = #expect(throws: EvaluationError.self) { try LinearProbe.split(self.clip(.nan), data: self.data(0)) }
    #expect(error?.place.contains("png-rgb.png") == true)
    #expect(error?.message == "the model's features of this picture are not finite numbers")
  }

  @Test func whatIsEmptyOrOfNoClassIsRefused() throws {
    let split = try LinearProbe.split(clip(1), data: data(3))
    #expect(throws: EvaluationError("linear probe", "a picture is of class 3, but there are only 2 classes")) {
      try LinearProbe.run(train: split, test: split, classes: 2, lambda: 1)
    }
    #expect(throws: EvaluationError("linear probe", "a split is empty; both need pictures")) {
      try LinearProbe.run(train: split, test: LinearProbe.Split(), classes: 4, lambda: 1)
    }
    #expect(throws: EvaluationError.self) { try LinearProbe.split(self.clip(1), data: SampleList(name: "x", rows: [])) }
  }
}
