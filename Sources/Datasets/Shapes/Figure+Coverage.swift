import Foundation

extension Figure {
  /// Whether the point lies inside the figure of radius one around the origin.
  func contains(_ x: Double, _ y: Double) -> Bool {
    switch self {
    case .circle: return x * x + y * y <= 0.9
    case .square: return abs(x) <= 0.8 && abs(y) <= 0.8
    case .ring:
      let r = x * x + y * y
      return r <= 0.95 && r >= 0.32
    case .cross: return (abs(x) <= 0.3 && abs(y) <= 0.95) || (abs(y) <= 0.3 && abs(x) <= 0.95)
    case .triangle: return y <= 0.62 && y >= -0.95 + 1.75 * abs(x)
    case .star:
      let angle = atan2(x, -y)
      let sector = 2 * Double.pi / 5
      let folded = abs(angle - sector * (angle / sector).rounded())
      // Edges run from the tip (radius 1) to the notch (radius 0.42) half a sector away.
      let (px, py) = (hypot(x, y) * cos(folded), hypot(x, y) * sin(folded))
      let (nx, ny) = (0.42 * cos(sector / 2), 0.42 * sin(sector / 2))
      return (px - 1) * ny - (nx - 1) * py <= 0
    }
  }

  /// Figures that look like themselves only when they are not turned much.
  var maximumRotation: Double {
    switch self {
    case .circle, .ring: Double.pi
    case .star, .cross: Double.pi / 10
    case .square, .triangle: Double.pi / 12
    }
  }
}
