import CImageCodecs

extension DecodedImage.Mode {
  public var bytesPerPixel: Int {
    switch self {
    case .bilevel, .grey, .palette: 1
    case .grey16, .greyAlpha: 2
    case .rgb: 3
    case .rgba, .cmyk: 4
    }
  }

  var code: ci_mode {
    switch self {
    case .bilevel: CI_BILEVEL
    case .grey: CI_GREY
    case .grey16: CI_GREY16
    case .greyAlpha: CI_GREY_ALPHA
    case .palette: CI_PALETTE
    case .rgb: CI_RGB
    case .rgba: CI_RGBA
    case .cmyk: CI_CMYK
    }
  }

  init?(_ code: ci_mode) {
    guard let mode = Self.allCases.first(where: { $0.code == code }) else { return nil }
    self = mode
  }
}

extension ImageError {
  init(_ status: ci_status, message: String) {
    let kind: Kind =
      switch status {
      case CI_UNKNOWN_FORMAT: .unknownFormat
      case CI_UNSUPPORTED: .unsupported
      case CI_TOO_LARGE: .tooLarge
      case CI_OUT_OF_MEMORY: .outOfMemory
      default: .corrupt
      }
    self.init(kind, message)
  }
}

/// The text in a C message buffer.
func message<Buffer>(of buffer: Buffer) -> String {
  withUnsafeBytes(of: buffer) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
}
