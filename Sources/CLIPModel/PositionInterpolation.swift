/// How a grid of embeddings becomes one of another size. Pixels are centred at i + ½ in both.
public enum PositionInterpolation: String, Hashable, Sendable, CaseIterable {
  /// Between the nearest two, as the paper did for its larger images: PyTorch's `interpolate(mode="bilinear")`.
  case bilinear
  /// Keys' cubic with a = −½, widened where the grid shrinks, weights normalised at the edges: PyTorch's
  /// `interpolate(mode="bicubic", antialias=True)`, as in open_clip.
  case bicubic

  /// Which old places make a new one, and how much of each. Sums of weights are 1.
  private func taps(_ place: Int, from old: Int, to new: Int) -> [(place: Int, weight: Double)] {
    let scale = Double(old) / Double(new)
    let center = scale * (Double(place) + 0.5)
    switch self {
    case .bilinear:
      let exact = max(center - 0.5, 0)
      let first = min(Int(exact), old - 1)
      let share = exact - Double(first)
      return [(first, 1 - share), (min(first + 1, old - 1), share)]
    case .bicubic:
      let width = max(scale, 1)
      let first = max(Int(center - 2 * width + 0.5), 0)
      let last = min(Int(center + 2 * width + 0.5), old)
      let weights = (first..<last).map { PositionInterpolation.cubic((Double($0) - center + 0.5) / width) }
      let sum = weights.reduce(0, +)
      return zip(first..<last, weights).map { ($0, $1 / sum) }
    }
  }

  private static func cubic(_ distance: Double) -> Double {
    let (a, x) = (-0.5, abs(distance))
    if x < 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
    return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0
  }

  /// A square grid of embeddings, row by row: [old², D] → [new², D]. Computed in double precision, rounded once.
  func resized(_ grid: [Float], from old: Int, to new: Int, width: Int) -> [Float] {
    let taps = (0..<new).map { self.taps($0, from: old, to: new) }
    var rows = [Double](repeating: 0, count: old * new * width)
    for row in 0..<old {
      for column in 0..<new {
        for (place, weight) in taps[column] {
          let (from, to) = ((row * old + place) * width, (row * new + column) * width)
          for d in 0..<width { rows[to + d] += weight * Double(grid[from + d]) }
        }
      }
    }
    var sum = [Double](repeating: 0, count: width)
    var result: [Float] = []
    result.reserveCapacity(new * new * width)
    for row in 0..<new {
      for column in 0..<new {
        for d in 0..<width { sum[d] = 0 }
        for (place, weight) in taps[row] {
          let from = (place * new + column) * width
          for d in 0..<width { sum[d] += weight * rows[from + d] }
        }
        for d in 0..<width { result.append(Float(sum[d])) }
      }
    }
    return result
  }
}
