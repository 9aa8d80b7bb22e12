import Foundation
import Preprocessing
import Testing

@Suite struct ImageErrorTests {
  static let samples = [
    "jpeg-72x86-q64.jpg", "jpeg-progressive.jpg", "jpeg-cmyk.jpg", "png-rgb.png", "png-palette.png", "png-gray16.png",
    "extra-interlaced.png", "webp-lossy.webp", "webp-lossless.webp", "extra-alpha-lossy.webp", "extra-animated.webp",
  ]

  private func bytes(_ name: String) throws -> [UInt8] {
    try Fixtures.bytes(Fixtures.images.appendingPathComponent(name))
  }

  @Test(arguments: samples)
  func truncatedPicturesAreErrors(name: String) throws {
    let whole = try bytes(name)
    for fraction in [0.02, 0.1, 0.3, 0.5, 0.8, 0.95] {
      let cut = Array(whole.prefix(max(1, Int(Double(whole.count) * fraction))))
      #expect(throws: ImageError.self, "\(cut.count) of \(whole.count) bytes") { try DecodedImage(data: cut) }
    }
  }

  @Test func aJPEGWithoutItsEndIsAnError() throws {
    let whole = try bytes("jpeg-72x86-q64.jpg")
    let error = #expect(throws: ImageError.self) { try DecodedImage(data: Array(whole.dropLast(2))) }
    #expect(error?.kind == .corrupt)
    #expect(error?.message.contains("cut short") == true)
  }

  /// Damaged bytes either decode to a picture of the declared size or are an error; they never trap.
  @Test(arguments: samples)
  func damagedPicturesNeverCrash(name: String) throws {
    let whole = try bytes(name)
    var generator = SplitMix(state: 7)
    var outcomes = 0
    for _ in 0..<60 {
      var damaged = whole
      for _ in 0..<Int.random(in: 1...8, using: &generator) {
        damaged[Int.random(in: 0..<damaged.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
      }
      do {
        let image = try DecodedImage(data: damaged, applyingOrientation: true)
        if image.pixels.count == image.width * image.height * image.mode.bytesPerPixel { outcomes += 1 }
      } catch {
        if !error.message.isEmpty { outcomes += 1 }
      }
    }
    #expect(outcomes == 60)
  }

  @Test func errorsSayWhatAndWhere() throws {
    let pipe = NSTemporaryDirectory() + "/\(UUID().uuidString).png"
    #expect(mkfifo(pipe, 0o600) == 0)
    defer { unlink(pipe) }
    let waiting = #expect(throws: ImageError.self) { try DecodedImage(contentsOf: pipe) }
    #expect(waiting?.description.contains("not a regular file") == true)
    let missing = #expect(throws: ImageError.self) { try DecodedImage(contentsOf: "/no/such.png") }
    #expect(missing?.kind == .unreadable)
    #expect(missing?.description.hasPrefix("/no/such.png: cannot open the file: No such file") == true)
    let folder = #expect(throws: ImageError.self) { try DecodedImage(contentsOf: Fixtures.images.path) }
    #expect(folder?.message == "it is not a regular file")
    let json = Fixtures.images.appendingPathComponent("expected.json").path
    let foreign = #expect(throws: ImageError.self) { try DecodedImage(contentsOf: json) }
    #expect(foreign?.kind == .unknownFormat && foreign?.place == json)
    let empty = #expect(throws: ImageError.self) { try DecodedImage(data: []) }
    #expect(empty?.message == "the picture is empty")
    let gif = #expect(throws: ImageError.self) { try DecodedImage(data: Array("GIF89a".utf8)) }
    #expect(gif?.message.contains("it is a GIF") == true)
  }

  /// A header that promises far more pixels than the file can hold is refused before anything is allocated.
  @Test func bombsAreRefused() throws {
    var png = try bytes("png-rgb.png")
    png.replaceSubrange(16..<24, with: [0, 0, 0x60, 0, 0, 0, 0x60, 0])
    #expect(throws: ImageError.self) { try DecodedImage(data: png) }
    var jpeg = try bytes("jpeg-72x86-q64.jpg")
    let frame = try #require(jpeg.indices.dropLast().first { jpeg[$0] == 0xff && jpeg[$0 + 1] == 0xc0 })
    jpeg.replaceSubrange(frame + 5..<frame + 9, with: [0xff, 0xdc, 0xff, 0xdc])
    let error = #expect(throws: ImageError.self) { try DecodedImage(data: jpeg) }
    #expect(error?.kind == .tooLarge)
  }

  /// A scan of some bytes visits every pixel: many of them are refused on a large picture, and read on a small one.
  @Test func scansOfALargePictureAreLimited() throws {
    let whole = try bytes("jpeg-progressive.jpg")
    let scan = try #require(whole.indices.dropLast().last { whole[$0] == 0xff && whole[$0 + 1] == 0xda })
    let last = whole[scan..<whole.count - 2]
    var many: [UInt8] = whole.dropLast(2) + (0..<100).flatMap { _ in last }
    many += [0xff, 0xd9]
    #expect(try DecodedImage(data: many).width == DecodedImage(data: whole).width)
    let frame = try #require(many.indices.dropLast().first { many[$0] == 0xff && many[$0 + 1] == 0xc2 })
    many.replaceSubrange(frame + 5..<frame + 9, with: [0x0f, 0xa0, 0x0f, 0xa0])
    let error = #expect(throws: ImageError.self) { try DecodedImage(data: many) }
    #expect(error?.kind == .tooLarge)
  }

  /// The first Exif marker has the orientation, among however many.
  @Test(.timeLimit(.minutes(1))) func markersAreReadInPassing() throws {
    let picture = try bytes("extra-orientation-6.jpg")
    let empty = (0..<500_000).flatMap { _ in [0xff, 0xe1, 0, 2] as [UInt8] }
    let turned = try DecodedImage(data: picture, applyingOrientation: true)
    #expect(
      try DecodedImage(data: Array(picture[..<2]) + empty + picture[2...], applyingOrientation: true) == turned)
    #expect(throws: ImageError.self) { try DecodedImage(data: [0xff, 0xd8, 0xff, 0xe1, 0xff, 0xff, 0]) }
    #expect(throws: ImageError.self) { try DecodedImage(data: [0xff, 0xd8, 0xff, 0xe1, 0]) }
  }

  @Test func uselessSettingsAreErrors() throws {
    let image = DecodedImage(rgb: [1, 2, 3], width: 1, height: 1)
    for settings in [
      ImagePreprocessing(size: 0), ImagePreprocessing(size: -5), ImagePreprocessing(size: 1 << 20),
      ImagePreprocessing(size: 8, mean: [0, 0]), ImagePreprocessing(size: 8, std: [1, 0, 1]),
      ImagePreprocessing(size: 8, mean: [.nan, 0, 0]),
    ] {
      let error = #expect(throws: ImageError.self) { try settings.pixels(of: image) }
      #expect(error?.kind == .invalidSettings)
    }
  }

  @Test func anElongatedPictureIsAnError() throws {
    let image = DecodedImage(rgb: [UInt8](repeating: 0, count: 300_000), width: 100_000, height: 1)
    let error = #expect(throws: ImageError.self) { try ImagePreprocessing(size: 224).rgb(of: image) }
    #expect(error?.kind == .tooLarge)
    #expect(try ImagePreprocessing(size: 64).rgb(of: image) == [UInt8](repeating: 0, count: 64 * 64 * 3))
  }
}

/// A small reproducible generator.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}
