import Foundation

/// A random part of a picture, resized to the square: open_clip's augmentation (torchvision's `RandomResizedCrop`).
public struct RandomResizedCrop: Hashable, Sendable {
  /// The part's share of the picture's area, in (0, 1].
  public var scale: ClosedRange<Double>
  /// Its width over its height, drawn evenly on a logarithmic scale.
  public var ratio: ClosedRange<Double>

  public init(scale: ClosedRange<Double> = 0.9...1, ratio: ClosedRange<Double> = 3.0 / 4...4.0 / 3) {
    (self.scale, self.ratio) = (scale, ratio)
  }

  /// A part in pixels.
  struct Window: Hashable {
    var x: Int
    var y: Int
    var width: Int
    var height: Int
  }

  /// The first of ten draws that fits into the picture, else its largest central part whose ratio is allowed.
  func window(width: Int, height: Int, using generator: inout some RandomNumberGenerator) -> Window {
    let area = Double(width) * Double(height)
    for _ in 0..<10 {
      let part = area * Double.random(in: scale, using: &generator)
      let aspect = exp(Double.random(in: log(ratio.lowerBound)...log(ratio.upperBound), using: &generator))
      let (w, h) = ((part * aspect).squareRoot(), (part / aspect).squareRoot())
      let size = (Int(w.rounded(.toNearestOrEven)), Int(h.rounded(.toNearestOrEven)))
      guard (1...width).contains(size.0), (1...height).contains(size.1) else { continue }
      return Window(
        x: Int.random(in: 0...width - size.0, using: &generator),
        y: Int.random(in: 0...height - size.1, using: &generator), width: size.0, height: size.1)
    }
    let whole = Double(width) / Double(height)
    var (w, h) = (width, height)
    if whole < ratio.lowerBound {
      h = min(height, max(1, Int((Double(w) / ratio.lowerBound).rounded(.toNearestOrEven))))
    } else if whole > ratio.upperBound {
      w = min(width, max(1, Int((Double(h) * ratio.upperBound).rounded(.toNearestOrEven))))
    }
    return Window(x: (width - w) / 2, y: (height - h) / 2, width: w, height: h)
  }
}

extension ImagePreprocessing {
  /// A random part of the picture, resized: bytes [S, S, 3]. Pixels outside of the part do not reach in.
  public func rgb(
    of image: DecodedImage, _ crop: RandomResizedCrop, using generator: inout some RandomNumberGenerator
  ) throws(ImageError) -> [UInt8] {
    let window = crop.window(width: image.width, height: image.height, using: &generator)
    return try render(image.cropped(window), full: (size, size), x: 0, y: 0)
  }
}

extension DecodedImage {
  func cropped(_ window: RandomResizedCrop.Window) -> DecodedImage {
    let pixel = mode.bytesPerPixel
    var part: [UInt8] = []
    part.reserveCapacity(window.width * window.height * pixel)
    for row in window.y..<window.y + window.height {
      let start = (row * width + window.x) * pixel
      part += pixels[start..<start + window.width * pixel]
    }
    return DecodedImage(width: window.width, height: window.height, mode: mode, pixels: part, palette: palette)
  }
}
