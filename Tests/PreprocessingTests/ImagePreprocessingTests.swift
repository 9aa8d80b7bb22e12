import Foundation
import Preprocessing
import Testing

@Suite struct ImagePreprocessingTests {
  private func image(_ width: Int, _ height: Int, seed: UInt64 = 1) -> DecodedImage {
    var generator = SplitMix(state: seed)
    let bytes = (0..<width * height * 3).map { _ in UInt8.random(in: 0...255, using: &generator) }
    return DecodedImage(rgb: bytes, width: width, height: height)
  }

  @Test func pixelsAreNormalisedChannelsFirst() throws {
    let picture = image(8, 8)
    let settings = ImagePreprocessing(size: 8)
    let pixels = try settings.pixels(of: picture)
    let rgb = try settings.rgb(of: picture)
    #expect(rgb == picture.pixels)
    for c in 0..<3 {
      for i in 0..<64 {
        let v = Float(rgb[3 * i + c]) / 255
        #expect(pixels[c * 64 + i] == (v - ImagePreprocessing.openAIMean[c]) / ImagePreprocessing.openAIStd[c])
      }
    }
    let written = try [Float](unsafeUninitializedCapacity: 192) { out, count in
      try settings.write(picture, to: UnsafeMutableBufferPointer(rebasing: out[..<192]))
      count = 192
    }
    #expect(written == pixels)
    #expect(try settings(picture) == pixels)
  }

  /// A crop is a window of the whole resized picture.
  @Test func cropsAreWindowsOfTheResizedPicture() throws {
    let picture = image(61, 40)
    let settings = ImagePreprocessing(size: 24)
    let full = try settings.resizedSize(of: picture)
    #expect(full == (36, 24))
    #expect(try settings.cropRange(of: picture).x == 0...12)
    #expect(try settings.cropRange(of: picture).y == 0...0)
    let left = try settings.rgb(of: picture, cropAtX: 0, y: 0)
    let right = try settings.rgb(of: picture, cropAtX: 12, y: 0)
    let centre = try settings.rgb(of: picture)
    #expect(try settings.rgb(of: picture, cropAtX: 6, y: 0) == centre)
    for y in 0..<24 {
      #expect(left[(y * 24 + 12) * 3..<(y * 24 + 24) * 3] == right[y * 72..<(y * 24 + 12) * 3])
    }
    var generator = SplitMix(state: 3)
    var again = SplitMix(state: 3)
    #expect(try settings.rgb(of: picture, using: &generator) == settings.rgb(of: picture, using: &again))
  }

  @Test func theCropRoundsHalfToEven() throws {
    // 5 − 4 = 1: round(0.5) = 0; 7 − 4 = 3: round(1.5) = 2.
    let settings = ImagePreprocessing(size: 4)
    for (width, offset) in [(5, 0), (7, 2)] {
      let picture = image(width, 4)
      #expect(try settings.rgb(of: picture) == settings.rgb(of: picture, cropAtX: offset, y: 0))
    }
  }

  @Test func pngRoundTrips() throws {
    for (width, height) in [(1, 1), (17, 5), (64, 64)] {
      let picture = image(width, height, seed: UInt64(width))
      let png = try encodePNG(rgb: picture.pixels, width: width, height: height)
      #expect(try DecodedImage(data: png) == picture)
    }
  }

  @Test func settingsSurviveJSON() throws {
    let settings = ImagePreprocessing(size: 64, std: [1, 2, 3], interpolation: .bilinear, resizeMode: .squash)
    let data = try JSONEncoder().encode(settings)
    #expect(try JSONDecoder().decode(ImagePreprocessing.self, from: data) == settings)
  }

  @Test func gunzipIsBounded() throws {
    // gzip of 1000 zeros, made by Python's gzip.compress(bytes(1000), mtime=0).
    let data = [UInt8](Data(base64Encoded: "H4sIAAAAAAACA2NgGAWjYBQMdwAAgBcLBugDAAA=") ?? Data())
    #expect(try gunzip(data, limit: 1000) == [UInt8](repeating: 0, count: 1000))
    #expect(try gunzip(data + data, limit: 2000) == [UInt8](repeating: 0, count: 2000))
    #expect(throws: GzipError.self) { try gunzip(data, limit: 999) }
    #expect(throws: GzipError.self) { try gunzip(Array(data.dropLast(9)), limit: 1000) }
    #expect(throws: GzipError.self) { try gunzip([1, 2, 3], limit: 1000) }
    #expect(throws: GzipError.self) { try gunzip([], limit: 1000) }
  }
}
