import Graphs
import Tensors

/// How `Resize` looks up pixels. Raw values are ONNX's.
public struct ResizeSampling: Hashable, Sendable {
  public enum Mode: String, Hashable, Sendable, CaseIterable {
    case nearest, linear, cubic
  }

  public enum Coordinates: String, Hashable, Sendable, CaseIterable {
    case halfPixel = "half_pixel"
    case symmetric = "half_pixel_symmetric"
    case pytorch = "pytorch_half_pixel"
    case corners = "align_corners"
    case asymmetric
    /// Of opset 11 alone: the nearest neighbour to the centre of a pixel, as TensorFlow finds it.
    case tensorflow = "tf_half_pixel_for_nn"
    case crop = "tf_crop_and_resize"
  }

  public enum Nearest: String, Hashable, Sendable, CaseIterable {
    case preferFloor = "round_prefer_floor"
    case preferCeil = "round_prefer_ceil"
    case floor, ceil
  }

  public var mode = Mode.nearest
  public var coordinates = Coordinates.halfPixel
  public var nearest = Nearest.preferFloor
  public var cubic: Float = -0.75
  public var excludesOutside = false
  public var isAntialiased = false

  public init() {}
  public init(_ mode: Mode, _ coordinates: Coordinates = .halfPixel, nearest: Nearest = .preferFloor) {
    (self.mode, self.coordinates, self.nearest) = (mode, coordinates, nearest)
  }
}

/// Kernels that look positions up in tables take axes of at most 2²⁶ elements.
func requireTabulated(_ shapes: [Int]...) throws(ShapeError) {
  for sizes in shapes {
    try require(sizes.allSatisfy { $0 <= 1 << 26 }, "\(sizes) has an axis that is too long")
  }
}

/// Where the elements of one resized axis come from: for each, `taps` positions in the old axis and their weights.
struct ResizeGrid: Sendable {
  let count: Int
  let taps: Int
  var positions: [Int64] = []
  var weights: [Double] = []
  /// Elements whose coordinate lies outside of the old axis, where those are extrapolated.
  var outside: [Int] = []
  private let sampling: ResizeSampling

  /// - Parameters:
  ///   - scale: the new extent by the old one, before it was rounded.
  ///   - region: the part of the axis that is looked at, for `crop`.
  init(_ sampling: ResizeSampling, from old: Int, to new: Int, scale: Double, region: (start: Double, end: Double)) {
    self.sampling = sampling
    let reach = sampling.isAntialiased ? min(scale, 1) : 1
    let half = sampling.mode == .linear ? 1.0 : 2.0
    let first = sampling.mode == .nearest ? 0 : Int((-half / reach).rounded(.down)) + 1
    (count, taps) = (new, sampling.mode == .nearest ? 1 : 2 - 2 * first)
    for position in 0..<new {
      var x = ResizeGrid.coordinate(sampling, position, old, new, scale, region)
      if sampling.coordinates == .crop, !(x >= 0 && x <= Double(old - 1)) {
        outside.append(position)
        x = 0
      }
      if sampling.mode == .nearest {
        positions.append(Int64(min(max(ResizeGrid.nearest(sampling, x), 0), old - 1)))
        weights.append(1)
        continue
      }
      // The pixel to the left of x, and how far x is to the right of it, in (0, 1].
      let left = x.rounded(.up) - 1
      let ratio = x - left
      var own: [Double] = []
      for tap in 0..<taps {
        let at = Int(left) + first + tap
        let weight = ResizeGrid.weight(sampling, (Double(first + tap) - ratio) * reach)
        own.append(sampling.excludesOutside && (at < 0 || at >= old) ? 0 : weight)
        positions.append(Int64(min(max(at, 0), old - 1)))
      }
      let sum = own.reduce(0, +)
      weights += sampling.excludesOutside || sampling.isAntialiased ? own.map { $0 / sum } : own
    }
  }

  /// The one old position of each new one; −1 outside.
  var nearest: [Int] {
    let hidden = Set(outside)
    return positions.indices.map { hidden.contains($0) ? -1 : Int(positions[$0]) }
  }

  private static func coordinate(
    _ sampling: ResizeSampling, _ position: Int, _ old: Int, _ new: Int, _ scale: Double,
    _ region: (start: Double, end: Double)
  ) -> Double {
    let (x, last, length) = (Double(position), Double(old - 1), scale * Double(old))
    switch sampling.coordinates {
    case .halfPixel: return (x + 0.5) / scale - 0.5
    case .symmetric:
      return Double(old) / 2 * (1 - Double(new) / length) + (x + 0.5) / scale - 0.5
    case .pytorch: return length <= 1 ? 0 : (x + 0.5) / scale - 0.5
    case .corners: return length == 1 ? 0 : x * last / (length - 1)
    case .asymmetric: return x / scale
    case .tensorflow: return (x + 0.5) / scale
    case .crop:
      let width = (region.end - region.start) * last
      return region.start * last + (length == 1 ? width / 2 : x * width / (length - 1))
    }
  }

  private static func nearest(_ sampling: ResizeSampling, _ x: Double) -> Int {
    switch sampling.nearest {
    case .preferFloor: Int((x - 0.5).rounded(.up))
    case .preferCeil: Int((x + 0.5).rounded(.down))
    case .floor: Int(x.rounded(.down))
    case .ceil: Int(x.rounded(.up))
    }
  }

  /// The weight of a pixel at a distance (Keys 1981 for cubic).
  private static func weight(_ sampling: ResizeSampling, _ distance: Double) -> Double {
    let d = abs(distance)
    if sampling.mode == .linear { return max(1 - d, 0) }
    let a = Double(sampling.cubic)
    if d <= 1 { return ((a + 2) * d - (a + 3)) * d * d + 1 }
    return d < 2 ? ((a * d - 5 * a) * d + 8 * a) * d - 4 * a : 0
  }
}
