import Testing

@testable import Preprocessing

@Suite("Random resized crops")
struct RandomResizedCropTests {
  /// SplitMix64.
  private struct Generator: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var z = state
      z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
      return z ^ (z >> 31)
    }
  }

  @Test func partsHaveTheAreaAndRatioThatWereAskedFor() {
    let crop = RandomResizedCrop(scale: 0.3...0.6)
    var generator = Generator(state: 1)
    var (left, areas) = (Set<Int>(), [Double]())
    for _ in 0..<2_000 {
      let part = crop.window(width: 400, height: 300, using: &generator)
      #expect(part.x >= 0 && part.y >= 0 && part.x + part.width <= 400 && part.y + part.height <= 300)
      let area = Double(part.width * part.height) / 120_000
      // Sides are whole numbers.
      #expect((0.29...0.61).contains(area))
      #expect((0.74...1.35).contains(Double(part.width) / Double(part.height)))
      left.insert(part.x)
      areas.append(area)
    }
    #expect(left.count > 100)
    #expect(abs(areas.reduce(0, +) / 2_000 - 0.45) < 0.01)
  }

  @Test("pictures into which no draw fits give their middle", arguments: [(1_000, 10), (10, 1_000), (1, 1)])
  func slivers(width: Int, height: Int) {
    var generator = Generator(state: 2)
    let part = RandomResizedCrop().window(width: width, height: height, using: &generator)
    switch width {
    case 1_000: #expect(part == .init(x: 493, y: 0, width: 13, height: 10))
    case 10: #expect(part == .init(x: 0, y: 493, width: 10, height: 13))
    default: #expect(part == .init(x: 0, y: 0, width: 1, height: 1))
    }
  }

  @Test func aPartIsResizedAsIfItWereThePicture() throws {
    let (width, height) = (20, 12)
    let bytes = (0..<width * height * 3).map { UInt8(truncatingIfNeeded: $0 * 7 + $0 / 60 * 31) }
    let picture = DecodedImage(rgb: bytes, width: width, height: height)
    var preprocessing = ImagePreprocessing(size: 8)
    let crop = RandomResizedCrop(scale: 0.2...0.9)
    var (one, other) = (Generator(state: 3), Generator(state: 3))
    for _ in 0..<20 {
      preprocessing.resizeMode = .shortest
      let found = try preprocessing.rgb(of: picture, crop, using: &one)
      let window = crop.window(width: width, height: height, using: &other)
      var part: [UInt8] = []
      for y in window.y..<window.y + window.height {
        for x in window.x..<window.x + window.width {
          part += bytes[(y * width + x) * 3..<(y * width + x) * 3 + 3]
        }
      }
      preprocessing.resizeMode = .squash
      #expect(
        try found == preprocessing.rgb(of: DecodedImage(rgb: part, width: window.width, height: window.height)))
    }
  }
}
