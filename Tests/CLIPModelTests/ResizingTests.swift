import Foundation
import Tensors
import Testing

@testable import CLIPModel

/// Interpolated positional embeddings against PyTorch's (`Python/interpolate_positions.py`).
@Suite("Resizing")
struct ResizingTests {
  struct Case: Decodable, Sendable, CustomTestStringConvertible {
    var old: Int
    var new: Int
    var method: String
    var input: [Float]
    var output: [Double]
    var testDescription: String { "\(method) \(old) → \(new)" }
  }

  static let cases: [Case] = {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    let data = try? Data(contentsOf: folder.appendingPathComponent("Fixtures/positions.json"))
    return data.flatMap { try? JSONDecoder().decode([Case].self, from: $0) } ?? []
  }()

  @Test("there are fixtures")
  func fixtures() { #expect(Self.cases.count == 16) }

  @Test("grids are interpolated as PyTorch does", arguments: cases)
  func agrees(c: Case) throws {
    let method = try #require(PositionInterpolation(rawValue: c.method))
    let result = method.resized(c.input, from: c.old, to: c.new, width: 2)
    try #require(result.count == c.output.count)
    for (value, truth) in zip(result, c.output) { #expect(abs(Double(value) - truth) <= 1e-6) }
  }

  static let visions = [
    (
      #"{"layers": 1, "width": 64, "patch_size": 8, "image_size": 32}"#, "visual.positional_embedding", 64, 48, 6
    ),
    (#"{"layers": [1, 1, 1, 1], "width": 2, "image_size": 128}"#, "visual.attnpool.positional_embedding", 64, 64, 2),
  ]

  @Test("the grid alone is interpolated, in either kind of tower, and in half precision too", arguments: visions)
  func towers(vision: String, name: String, width: Int, size: Int, grid: Int) throws {
    let json = #"{"embed_dim": 8, "vision_cfg": \#(vision), "text_cfg": {"context_length": 16, "width": 64}}"#
    let c = try CLIPConfiguration.parse(Data(json.utf8), place: "test").configuration
    let resizing = Resizing(imageSize: size, contextLength: 9, interpolation: .bilinear)
    let changed = try resizing.applied(to: c)
    #expect(changed.vision.imageSize == size && changed.text.contextLength == 9)
    #expect(changed.vision.grid == grid)
    let numbers = (0..<17 * width).map { Float($0 % 251) / 256 }
    let halves = NDArray(numbers.map { Float16($0).bitPattern }, [17, width])
    let positions = [
      NDArray(numbers, [17, width]), try NDArray(.float16, [17, width], storage: halves.storage, offset: 0),
    ]
    for array in positions {
      var asked: [String: [Int]] = [:]
      let source = resizing.source(
        { name, sizes in
          asked[name] = sizes
          return name == "other" ? NDArray(Float(1)) : array
        }, of: c)
      let result = try #require(source(name, [grid * grid + 1, width]))
      #expect(asked[name] == [17, width] && result.sizes == [grid * grid + 1, width])
      let values = result.values(as: Float.self)
      #expect(Array(values[..<width]) == Array(numbers[..<width]))
      #expect(
        Array(values[width...])
          == PositionInterpolation.bilinear.resized(Array(numbers[width...]), from: 4, to: grid, width: width))
      let text = try #require(source("positional_embedding", [9, width]))
      #expect(text.sizes == [9, width] && text.address == array.address)
      #expect(source("other", []) == NDArray(Float(1)))
    }
  }

  @Test(
    "sizes that no model has are refused",
    arguments: [
      (Resizing(imageSize: 225), "32 does not divide image_size 225"), (Resizing(imageSize: 0), "must be 1 ... 4096"),
      (Resizing(imageSize: 1 << 20), "must be 1 ... 4096"), (Resizing(contextLength: 78), "78 is more than"),
      (Resizing(contextLength: 2), "leaves no room"), (Resizing(contextLength: -1), "-1"),
    ])
  func refused(resizing: Resizing, reason: String) throws {
    let c = try CLIPConfiguration.named("ViT-B-32").configuration
    let error = #expect(throws: ConfigurationError.self) { try resizing.applied(to: c) }
    #expect(error?.description.contains(reason) == true, "\(error?.description ?? "")")
  }
}
