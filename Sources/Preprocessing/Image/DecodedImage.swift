import CImageCodecs

/// A picture as pixels, in the mode in which its file stores them.
///
/// JPEG, PNG and WebP are told apart by content. Modes are those of Pillow, because the order resize → crop → RGB that
/// CLIP was trained with makes the result depend on them.
public struct DecodedImage: Hashable, Sendable {
  /// How a pixel is stored in `pixels`.
  public enum Mode: String, Hashable, Sendable, CaseIterable {
    /// One byte, 0 or 255.
    case bilevel
    /// One byte.
    case grey
    /// Two bytes, native order.
    case grey16
    /// Grey and alpha.
    case greyAlpha
    /// One byte, an index into `palette`.
    case palette
    case rgb
    /// Alpha is not premultiplied.
    case rgba
    /// 0 is no ink.
    case cmyk
  }

  public let width: Int
  public let height: Int
  public let mode: Mode
  /// Packed rows, top to bottom: [height, width, bytes per pixel].
  public let pixels: [UInt8]
  /// RGB of 256 entries; empty unless the mode is `.palette`.
  public let palette: [UInt8]

  /// A picture of packed RGB bytes [height, width, 3].
  public init(rgb: [UInt8], width: Int, height: Int) {
    precondition(width > 0 && height > 0 && rgb.count == width * height * 3, "rgb is not [height, width, 3]")
    self.init(width: width, height: height, mode: .rgb, pixels: rgb, palette: [])
  }

  /// Decodes a JPEG, PNG or WebP picture.
  ///
  /// - Parameter applyingOrientation: turns the picture upright as its EXIF data say. The reference preprocessing does
  ///   not.
  public init(data: [UInt8], applyingOrientation: Bool = false) throws(ImageError) {
    var image = ci_image()
    let status = ci_decode(&image, data, data.count)
    defer { ci_image_free(&image) }
    guard status == CI_OK, let bytes = image.pixels, let mode = Mode(image.mode) else {
      throw ImageError(status, message: message(of: image.message))
    }
    let (width, height) = (Int(image.width), Int(image.height))
    let palette =
      mode == .palette ? withUnsafeBytes(of: image.palette) { [UInt8]($0) } : []
    let orientation = applyingOrientation ? image.orientation : 1
    let pixels = [UInt8](unsafeUninitializedCapacity: image.size) { out, count in
      guard let base = out.baseAddress else { return }
      if orientation == 1 {
        base.update(from: bytes, count: image.size)
      } else {
        ci_orient(base, bytes, image.width, image.height, Int32(mode.bytesPerPixel), orientation)
      }
      count = image.size
    }
    let turned = orientation >= 5
    self.init(
      width: turned ? height : width, height: turned ? width : height, mode: mode, pixels: pixels, palette: palette)
  }

  /// Decodes the picture in a file.
  public init(contentsOf path: String, applyingOrientation: Bool = false) throws(ImageError) {
    let data: [UInt8]
    do {
      data = try readFile(path)
    } catch {
      throw ImageError(.unreadable, place: path, error.message)
    }
    do {
      try self.init(data: data, applyingOrientation: applyingOrientation)
    } catch {
      throw error.at(path)
    }
  }

  init(width: Int, height: Int, mode: Mode, pixels: [UInt8], palette: [UInt8]) {
    self.width = width
    self.height = height
    self.mode = mode
    self.pixels = pixels
    self.palette = palette
  }

  /// The whole picture as RGB bytes [height, width, 3]: alpha is dropped, 16-bit grey saturates at 255.
  public func rgb() -> [UInt8] {
    convertedToRGB(pixels, mode: mode, palette: palette)
  }
}

/// Pixels of any mode → RGB.
func convertedToRGB(_ pixels: [UInt8], mode: DecodedImage.Mode, palette: [UInt8]) -> [UInt8] {
  let count = pixels.count / mode.bytesPerPixel
  return [UInt8](unsafeUninitializedCapacity: count * 3) { out, written in
    ci_convert_rgb(out.baseAddress, pixels, count, mode.code, palette)
    written = count * 3
  }
}
