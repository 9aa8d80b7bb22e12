import CImageCodecs

/// From a picture to the pixels that an image tower reads: resize, crop, convert to RGB, normalise; in this order, with
/// Pillow's arithmetic bit for bit.
///
/// Source: `_transform` of openai/CLIP, `image_transform` of open_clip, `Resample.c` of Pillow.
public struct ImagePreprocessing: Hashable, Sendable, Codable {
  public enum Interpolation: String, Hashable, Sendable, Codable {
    case bicubic, bilinear
  }

  /// How a picture that is not square becomes one.
  public enum ResizeMode: String, Hashable, Sendable, Codable {
    /// The shorter side becomes `size`; the centre is cropped.
    case shortest
    /// The longer side becomes `size`; zeros are padded around.
    case longest
    /// Both sides become `size`; the aspect ratio is lost.
    case squash
  }

  /// Side S of the square, in pixels.
  public var size: Int
  /// Mean of R, G, B, on the scale 0 ... 1.
  public var mean: [Float]
  /// Standard deviation of R, G, B.
  public var std: [Float]
  public var interpolation: Interpolation
  public var resizeMode: ResizeMode

  public static let openAIMean: [Float] = [0.48145466, 0.4578275, 0.40821073]
  public static let openAIStd: [Float] = [0.26862954, 0.26130258, 0.27577711]

  public init(
    size: Int, mean: [Float] = openAIMean, std: [Float] = openAIStd, interpolation: Interpolation = .bicubic,
    resizeMode: ResizeMode = .shortest
  ) {
    self.size = size
    self.mean = mean
    self.std = std
    self.interpolation = interpolation
    self.resizeMode = resizeMode
  }

  /// The picture as normalised floats, channels first: [3, S, S].
  ///
  ///     pixels[c, y, x] = (rgb[y, x, c] / 255 − mean[c]) / std[c]
  public func pixels(of image: DecodedImage) throws(ImageError) -> [Float] {
    normalized(try rgb(of: image))
  }

  public func callAsFunction(_ image: DecodedImage) throws(ImageError) -> [Float] {
    try pixels(of: image)
  }

  /// Writes `pixels(of:)` into `out`, which holds 3·S·S floats.
  public func write(_ image: DecodedImage, to out: UnsafeMutableBufferPointer<Float>) throws(ImageError) {
    normalize(try rgb(of: image), to: out)
  }

  /// The picture resized and cropped about its centre: bytes [S, S, 3].
  public func rgb(of image: DecodedImage) throws(ImageError) -> [UInt8] {
    let full = try resizedSize(of: image)
    return try render(image, full: full, x: centred(full.width), y: centred(full.height))
  }

  /// The picture resized and cropped at (x, y) of the resized picture: bytes [S, S, 3]. `cropRange(of:)` gives the
  /// offsets; the paper trains with random ones.
  public func rgb(of image: DecodedImage, cropAtX x: Int, y: Int) throws(ImageError) -> [UInt8] {
    let full = try resizedSize(of: image)
    precondition(
      (0...max(0, full.width - size)).contains(x) && (0...max(0, full.height - size)).contains(y),
      "the crop leaves the picture")
    return try render(
      image, full: full, x: full.width < size ? centred(full.width) : x,
      y: full.height < size ? centred(full.height) : y)
  }

  /// The picture resized and cropped at a random place: bytes [S, S, 3]. This is the paper's only augmentation.
  public func rgb(of image: DecodedImage, using generator: inout some RandomNumberGenerator) throws(ImageError)
    -> [UInt8]
  {
    let range = try cropRange(of: image)
    let x = Int.random(in: range.x, using: &generator)
    return try rgb(of: image, cropAtX: x, y: Int.random(in: range.y, using: &generator))
  }

  /// The offsets at which a crop of the resized picture may begin.
  public func cropRange(of image: DecodedImage) throws(ImageError) -> (x: ClosedRange<Int>, y: ClosedRange<Int>) {
    let full = try resizedSize(of: image)
    return (0...max(0, full.width - size), 0...max(0, full.height - size))
  }

  /// Bytes [S, S, 3] → normalised floats [3, S, S].
  public func normalized(_ rgb: [UInt8]) -> [Float] {
    [Float](unsafeUninitializedCapacity: rgb.count) { out, count in
      normalize(rgb, to: UnsafeMutableBufferPointer(rebasing: out[..<rgb.count]))
      count = rgb.count
    }
  }

  /// Writes `normalized(rgb)` into `out`, which holds as many floats as `rgb` has bytes.
  public func normalize(_ rgb: [UInt8], to out: UnsafeMutableBufferPointer<Float>) {
    precondition(out.count == rgb.count && rgb.count % 3 == 0, "out does not hold [3, S, S]")
    let table = (0..<3).flatMap { c in (0..<256).map { (Float($0) / 255 - mean[c]) / std[c] } }
    ci_normalize(out.baseAddress, rgb, rgb.count / 3, table)
  }
}
