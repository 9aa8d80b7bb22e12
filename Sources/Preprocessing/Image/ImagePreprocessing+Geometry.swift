import CImageCodecs

extension ImagePreprocessing {
  /// Largest side, and most pixels of a resized picture.
  private static let largestSize = 1 << 14
  private static let largestArea = Int(Int32.max)

  /// The size of the picture after resizing, before cropping or padding.
  public func resizedSize(of image: DecodedImage) throws(ImageError) -> (width: Int, height: Int) {
    try checkSettings()
    let (width, height) = (image.width, image.height)
    let full: (width: Int, height: Int)
    switch resizeMode {
    case .squash: full = (size, size)
    case .shortest:
      // Python's int(size * long / short), a division of two integers.
      let long = Int(Double(size * max(width, height)) / Double(min(width, height)))
      full = width <= height ? (size, long) : (long, size)
    case .longest:
      let ratio = max(Double(height) / Double(size), Double(width) / Double(size))
      func scaled(_ side: Int) -> Int { max(1, Int((Double(side) / ratio).rounded(.toNearestOrEven))) }
      full = (scaled(width), scaled(height))
    }
    guard full.width <= Self.largestArea / full.height else {
      throw ImageError(
        .tooLarge, "a picture of \(width) × \(height) pixels would be resized to \(full.width) × \(full.height)")
    }
    return full
  }

  private func checkSettings() throws(ImageError) {
    guard (1...Self.largestSize).contains(size) else {
      throw ImageError(.invalidSettings, "the size is \(size), not 1 ... \(Self.largestSize) pixels")
    }
    guard mean.count == 3, std.count == 3, (mean + std).allSatisfy(\.isFinite), !std.contains(0) else {
      throw ImageError(.invalidSettings, "mean \(mean) and std \(std) are not three usable numbers each")
    }
  }

  /// Where the window of `size` begins on a side of `full` pixels: half to even where it crops, as Python's `round`;
  /// rounded towards the picture where it pads.
  func centred(_ full: Int) -> Int {
    full >= size ? Int((Double(full - size) / 2).rounded(.toNearestOrEven)) : -((size - full) / 2)
  }

  /// The window of `size` × `size` at (x, y) of the picture resized to `full`; zeros where it leaves the picture.
  func render(_ image: DecodedImage, full: (width: Int, height: Int), x: Int, y: Int) throws(ImageError) -> [UInt8] {
    let (left, top) = (max(0, x), max(0, y))
    let (width, height) = (min(full.width, x + size) - left, min(full.height, y + size) - top)
    let window = ci_resize(
      width: Int32(image.width), height: Int32(image.height), full_width: Int32(full.width),
      full_height: Int32(full.height), x: Int32(left), y: Int32(top), window_width: Int32(width),
      window_height: Int32(height))
    var pixels = try resample(image, window)
    if width < size || height < size {
      pixels = padded(pixels, pixel: image.mode.bytesPerPixel, width: width, x: left - x, y: top - y)
    }
    return image.mode == .rgb ? pixels : convertedToRGB(pixels, mode: image.mode, palette: image.palette)
  }

  /// Lays rows of `width` pixels on a square of zeros.
  private func padded(_ pixels: [UInt8], pixel: Int, width: Int, x: Int, y: Int) -> [UInt8] {
    var canvas = [UInt8](repeating: 0, count: size * size * pixel)
    let row = width * pixel
    for (i, start) in stride(from: 0, to: pixels.count, by: row).enumerated() {
      let at = ((y + i) * size + x) * pixel
      canvas.replaceSubrange(at..<at + row, with: pixels[start..<start + row])
    }
    return canvas
  }

  /// The window in the mode of the picture.
  private func resample(_ image: DecodedImage, _ window: ci_resize) throws(ImageError) -> [UInt8] {
    let pixel = image.mode.bytesPerPixel
    let count = Int(window.window_width) * Int(window.window_height)
    let sameSize = window.full_width == window.width && window.full_height == window.height
    var status = CI_OK
    let out = [UInt8](unsafeUninitializedCapacity: count * pixel) { out, written in
      guard let base = out.baseAddress else { return }
      if sameSize {
        withUnsafePointer(to: window) { ci_copy_window(base, image.pixels, Int32(pixel), $0) }
      } else {
        status = withUnsafePointer(to: window) { resample(image, into: base, pixels: count, $0) }
      }
      written = status == CI_OK ? count * pixel : 0
    }
    guard status == CI_OK else {
      throw ImageError(status, message: "cannot resize a picture of \(image.width) × \(image.height) pixels")
    }
    return out
  }

  private func resample(
    _ image: DecodedImage, into out: UnsafeMutablePointer<UInt8>, pixels: Int, _ window: UnsafePointer<ci_resize>
  ) -> ci_status {
    let filter = interpolation == .bicubic ? CI_BICUBIC : CI_BILINEAR
    let channels = Int32(image.mode.bytesPerPixel)
    switch image.mode {
    case .bilevel, .palette:
      return ci_resample_nearest(out, image.pixels, window)
    case .grey16:
      return image.pixels.withUnsafeBytes { input in
        input.withMemoryRebound(to: UInt16.self) { input in
          out.withMemoryRebound(to: UInt16.self, capacity: pixels) {
            ci_resample_u16($0, input.baseAddress, filter, window)
          }
        }
      }
    case .greyAlpha, .rgba:
      let weighted = [UInt8](unsafeUninitializedCapacity: image.pixels.count) { weighted, count in
        ci_premultiply(weighted.baseAddress, image.pixels, image.width * image.height, channels)
        count = image.pixels.count
      }
      let status = ci_resample_u8(out, weighted, channels, filter, window)
      if status == CI_OK { ci_unpremultiply(out, pixels, channels) }
      return status
    case .grey, .rgb, .cmyk:
      return ci_resample_u8(out, image.pixels, channels, filter, window)
    }
  }
}
