import Foundation
import Preprocessing
import Testing

/// What Pillow 13 makes of every picture of the fixtures.
struct ExpectedImage: Decodable, Sendable {
  var width: Int
  var height: Int
  var decoded: String
  var upright: String
  var rgb32: Data
  var rgb224: String
  var longestBicubic: String
  var longestBilinear: String
  var squashBicubic: String
  var squashBilinear: String
  var shortestBilinear: String

  enum CodingKeys: String, CodingKey {
    case width, height, decoded, upright, rgb32, rgb224
    case longestBicubic = "longest-bicubic-48"
    case longestBilinear = "longest-bilinear-48"
    case squashBicubic = "squash-bicubic-48"
    case squashBilinear = "squash-bilinear-48"
    case shortestBilinear = "shortest-bilinear-48"
  }

  static let all: [String: ExpectedImage] =
    (try? JSONDecoder().decode(
      [String: ExpectedImage].self, from: Data(contentsOf: Fixtures.images.appendingPathComponent("expected.json"))))
    ?? [:]
}

@Suite struct ImageGoldenTests {
  @Test func everyPictureHasGoldens() throws {
    let files = try FileManager.default.contentsOfDirectory(atPath: Fixtures.images.path)
    #expect(Set(files).subtracting(["expected.json"]) == Set(ExpectedImage.all.keys))
    #expect(files.count == 54)
  }

  @Test(arguments: ExpectedImage.all.keys.sorted())
  func matchesPillow(name: String) throws {
    let expected = try #require(ExpectedImage.all[name])
    let path = Fixtures.images.appendingPathComponent(name).path
    let image = try DecodedImage(contentsOf: path)
    #expect(image.width == expected.width && image.height == expected.height)
    #expect(fnv1a(image.rgb()) == expected.decoded, "decoded")
    #expect(try ImagePreprocessing(size: 32).rgb(of: image) == [UInt8](expected.rgb32), "rgb32")
    #expect(fnv1a(try ImagePreprocessing(size: 224).rgb(of: image)) == expected.rgb224, "rgb224")
    let upright = try DecodedImage(contentsOf: path, applyingOrientation: true)
    #expect(fnv1a(upright.rgb()) == expected.upright, "upright")
  }

  @Test(arguments: ExpectedImage.all.keys.sorted())
  func matchesPillowInOtherModes(name: String) throws {
    let expected = try #require(ExpectedImage.all[name])
    let image = try DecodedImage(contentsOf: Fixtures.images.appendingPathComponent(name).path)
    func hash(_ mode: ImagePreprocessing.ResizeMode, _ filter: ImagePreprocessing.Interpolation) throws -> String {
      fnv1a(try ImagePreprocessing(size: 48, interpolation: filter, resizeMode: mode).rgb(of: image))
    }
    #expect(try hash(.longest, .bicubic) == expected.longestBicubic)
    #expect(try hash(.longest, .bilinear) == expected.longestBilinear)
    #expect(try hash(.squash, .bicubic) == expected.squashBicubic)
    #expect(try hash(.squash, .bilinear) == expected.squashBilinear)
    #expect(try hash(.shortest, .bilinear) == expected.shortestBilinear)
  }

  @Test(
    .enabled(
      if: Fixtures.shared != nil,
      "the large goldens are not beside this checkout; set CLIPGRAPH_SHARED to their folder"))
  func matchesTheLargeGoldens() throws {
    let folder = try #require(Fixtures.shared).appendingPathComponent("goldens/images")
    var compared = 0
    for file in try FileManager.default.contentsOfDirectory(atPath: folder.path)
    where !file.hasSuffix(".expected.safetensors") {
      let image = try DecodedImage(contentsOf: folder.appendingPathComponent(file).path)
      let expected = try Safetensors(folder.appendingPathComponent("\(file).expected.safetensors"))
      #expect(image.rgb() == expected["decoded"], "\(file) decoded")
      #expect(try ImagePreprocessing(size: 32).rgb(of: image) == expected["rgb32"], "\(file) rgb32")
      #expect(try ImagePreprocessing(size: 224).rgb(of: image) == expected["rgb224"], "\(file) rgb224")
      compared += 1
    }
    #expect(compared == 25)
  }
}

/// The byte tensors of a safetensors file.
private struct Safetensors {
  private var tensors: [String: [UInt8]] = [:]

  init(_ url: URL) throws {
    let bytes = try Fixtures.bytes(url)
    let length = (0..<8).reduce(0) { $0 | Int(bytes[$1]) << (8 * $1) }
    let header = try JSONSerialization.jsonObject(with: Data(bytes[8..<8 + length]))
    for (name, entry) in try #require(header as? [String: [String: Any]]) {
      guard let range = entry["data_offsets"] as? [Int] else { continue }
      tensors[name] = Array(bytes[8 + length + range[0]..<8 + length + range[1]])
    }
  }

  subscript(name: String) -> [UInt8]? { tensors[name] }
}
