import CImageCodecs

/// Encodes packed RGB bytes [height, width, 3] as a PNG file.
///
/// - Throws: `ImageError` of kind `.outOfMemory` where the encoder runs out of it.
public func encodePNG(rgb: [UInt8], width: Int, height: Int) throws(ImageError) -> [UInt8] {
  precondition(
    width > 0 && height > 0 && width <= Int(Int32.max) && height <= Int(Int32.max) && rgb.count == width * height * 3,
    "rgb is not [height, width, 3]")
  var out = ci_bytes()
  let status = ci_encode_png(&out, rgb, Int32(width), Int32(height))
  defer { ci_bytes_free(&out) }
  guard status == CI_OK else { throw ImageError(status, message: message(of: out.message)) }
  return [UInt8](UnsafeBufferPointer(start: out.bytes, count: out.size))
}
