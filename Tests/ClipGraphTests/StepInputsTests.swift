import Graphs
import Operators
import Tensors
import Testing

@testable import ClipGraph

/// Which inputs of a training step take what, and what they are given.
@Suite("Inputs of a step")
struct StepInputsTests {
  private typealias Input = (name: String, scalar: ScalarType, shape: Shape)

  private static let batch = Dimension.symbol("batch")

  /// Those of a step that has these, in this order.
  private func inputs(_ inputs: [Input]) throws -> StepInputs {
    let step = try Graph.build("step") { b in
      for input in inputs { _ = b.input(input.name, input.scalar, input.shape) }
      b.output("loss", b.constant(1).exp())
    }
    return try StepInputs(step, place: "f.onnx")
  }

  /// Pixels 0, 1, 2, … of two pictures [2, 3, 2, 4].
  private let images = NDArray((0..<48).map(Float.init), [2, 3, 2, 4])
  private let captions = NDArray([8, 3, 9, 0, 0, 8, 5, 6, 7, 9] as [Int64], [2, 5])

  @Test("our own step gets a data set's arrays as they are")
  func own() throws {
    let inputs = try inputs([
      ("image", .float32, [Self.batch, 3, 2, 4]), ("text", .int64, [Self.batch, .symbol("length")]),
    ])
    #expect(inputs.image.name == "image" && inputs.text.name == "text" && inputs.batch == nil)
    let arrays = inputs.arrays(images: images, captions: captions, lengths: [3, 5])
    #expect(arrays.count == 2)
    #expect(arrays["image"]?.address == images.address && arrays["text"]?.address == captions.address)
  }

  @Test("inputs are known by type and name, whatever their order")
  func foreign() throws {
    let inputs = try inputs([
      ("attention_mask", .int64, [Self.batch, 5]), ("token_type_ids", .int32, [Self.batch, 5]),
      ("position_ids", .int64, [1, 5]), ("input_ids", .int32, [Self.batch, 5]),
      ("pixel_values", .float32, [Self.batch, 2, 4, 3]),
    ])
    #expect(inputs.image.name == "pixel_values" && inputs.text.name == "input_ids")
    let arrays = inputs.arrays(images: images, captions: captions, lengths: [3, 5])
    #expect(Set(arrays.keys) == ["attention_mask", "token_type_ids", "position_ids", "input_ids", "pixel_values"])

    let pixels = try #require(arrays["pixel_values"])
    #expect(pixels.type == TensorType(.float32, [2, 2, 4, 3]))
    let values = pixels.values(as: Float.self)
    for row in 0..<2 {
      for (y, x) in (0..<8).map({ ($0 / 4, $0 % 4) }) {
        for channel in 0..<3 {
          #expect(values[((row * 2 + y) * 4 + x) * 3 + channel] == Float(((row * 3 + channel) * 2 + y) * 4 + x))
        }
      }
    }
    let text = try #require(arrays["input_ids"])
    #expect(text.type == TensorType(.int32, [2, 5]) && text.integers == captions.integers)
    #expect(arrays["attention_mask"] == NDArray([1, 1, 1, 0, 0, 1, 1, 1, 1, 1] as [Int64], [2, 5]))
    #expect(arrays["token_type_ids"] == NDArray([Int32](repeating: 0, count: 10), [2, 5]))
    #expect(arrays["position_ids"] == NDArray([0, 1, 2, 3, 4] as [Int64], [1, 5]))
  }

  @Test("names decide among inputs of one type", arguments: ["ids", "x_1"])
  func names(other: String) throws {
    let shape: Shape = [Self.batch, 5]
    let error = #expect(throws: ClipGraphError.self) {
      try inputs([(other, .int64, shape), ("input_ids", .int64, shape), ("image", .float32, [Self.batch, 3, 2, 4])])
    }
    #expect(error?.message.contains("also reads \(other) i64[batch, 5]") == true, "\(error?.message ?? "")")
  }

  @Test("pixels are rounded to the type of the input", arguments: [ScalarType.float16, .bfloat16, .float64])
  func precision(scalar: ScalarType) throws {
    let inputs = try inputs([("image", scalar, [Self.batch, 3, 2, 4]), ("text", .int64, [Self.batch, 5])])
    let pixels = try #require(inputs.arrays(images: images, captions: captions, lengths: [3, 5])["image"])
    #expect(pixels.type == TensorType(scalar, [2, 3, 2, 4]))
    #expect(pixels.doubles == (0..<48).map(Double.init))
  }

  @Test("a fixed number of samples is that of either input")
  func fixed() throws {
    for (images, texts) in [(Dimension(8), Dimension(8)), (8, Self.batch), (Self.batch, 8)] {
      let inputs = try inputs([("image", .float32, [images, 3, 2, 4]), ("text", .int64, [texts, 5])])
      #expect(inputs.batch == 8)
    }
  }

  @Test("steps on other tensors are told which inputs they have")
  func refusals() throws {
    let picture: Input = ("pixels", .float32, [Self.batch, 3, 2, 4])
    let caption: Input = ("tokens", .int64, [Self.batch, 5])
    for (given, words) in [
      ([caption], ["takes no pictures", "tokens i64[batch, 5]"]), ([picture], ["takes no captions", "pixels f32["]),
      ([("x", .float32, [3, 4])], ["takes no pictures", "x f32[3, 4]"]),
      (
        [picture, ("labels", .int64, [Self.batch]), caption, ("weights", .float32, [Self.batch])],
        ["also reads labels i64[batch], weights f32[batch]", "here pixels", "here tokens"]
      ),
      ([("pixels", .uint8, [Self.batch, 2, 4, 3]), caption], ["pixels is u8[batch, 2, 4, 3]", "normalised pixels"]),
    ] as [([Input], [String])] {
      let error = #expect(throws: ClipGraphError.self) { try inputs(given) }
      for word in words + ["clipgraph run --train"] {
        #expect(error?.message.contains(word) == true, "\(word): \(error?.message ?? "it is taken")")
      }
      #expect(error?.place == "f.onnx")
    }
  }
}
