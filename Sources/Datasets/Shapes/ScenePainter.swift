import Foundation

/// Paints a scene: subjects on a coloured or textured ground, with position, rotation and noise by chance.
struct ScenePainter {
  /// Side of the square picture in pixels.
  var side = 64

  private struct Placement {
    var subject: Subject
    var x, y, radius, angle: Double
    var rgb: (Double, Double, Double)
  }

  /// RGB bytes [side, side, 3].
  func paint(_ scene: Scene, using generator: inout SeededGenerator) -> [UInt8] {
    let ground = Ground.random(avoiding: scene.subjects.map(\.colour.rgb), using: &generator)
    let placements = place(scene, using: &generator)
    let noise = generator.uniform(0, 0.06)
    var pixels = [UInt8](repeating: 0, count: side * side * 3)
    for row in 0..<side {
      for column in 0..<side {
        var rgb = ground.colour(Double(column) / Double(side), Double(row) / Double(side))
        for placement in placements {
          let cover = coverage(placement, column, row)
          rgb.0 += (placement.rgb.0 - rgb.0) * cover
          rgb.1 += (placement.rgb.1 - rgb.1) * cover
          rgb.2 += (placement.rgb.2 - rgb.2) * cover
        }
        let base = (row * side + column) * 3
        for (channel, value) in [rgb.0, rgb.1, rgb.2].enumerated() {
          let noisy = value + generator.uniform(-noise, noise)
          pixels[base + channel] = UInt8(min(max(noisy * 255 + 0.5, 0), 255))
        }
      }
    }
    return pixels
  }

  /// The share of a pixel inside a figure, from 3 × 3 samples.
  private func coverage(_ p: Placement, _ column: Int, _ row: Int) -> Double {
    let (cx, cy) = (Double(column) + 0.5 - p.x, Double(row) + 0.5 - p.y)
    guard abs(cx) <= p.radius * 1.3 + 1, abs(cy) <= p.radius * 1.3 + 1 else { return 0 }
    let (c, s) = (cos(p.angle) / p.radius, sin(p.angle) / p.radius)
    var inside = 0
    for sub in 0..<9 {
      let (x, y) = (cx + Double(sub % 3 - 1) / 3, cy + Double(sub / 3 - 1) / 3)
      if p.subject.figure.contains(x * c + y * s, y * c - x * s) { inside += 1 }
    }
    return Double(inside) / 9
  }

  private func place(_ scene: Scene, using generator: inout SeededGenerator) -> [Placement] {
    let length = Double(side)
    var list: [Placement] = []
    for (index, subject) in scene.subjects.enumerated() {
      let (low, high) = subject.size.radius
      var radius = generator.uniform(low, high) * length
      var (x, y) = (generator.uniform(0.38, 0.62) * length, generator.uniform(0.38, 0.62) * length)
      if let relation = scene.relation {
        radius *= 0.65
        let near = generator.uniform(0.24, 0.28) * length
        let far = length - near
        let across = generator.uniform(0.35, 0.65) * length
        switch (relation, index) {
        case (.above, 0), (.below, 1): (x, y) = (across, near)
        case (.above, _), (.below, _): (x, y) = (across, far)
        case (.leftOf, 0), (.rightOf, 1): (x, y) = (near, across)
        case (.leftOf, _), (.rightOf, _): (x, y) = (far, across)
        }
      }
      let turn = subject.figure.maximumRotation
      let light = generator.uniform(0.85, 1.08)
      func tint(_ value: Double, _ generator: inout SeededGenerator) -> Double {
        min(max(value * light + generator.uniform(-0.03, 0.03), 0), 1)
      }
      let (r, g, b) = subject.colour.rgb
      let rgb = (tint(r, &generator), tint(g, &generator), tint(b, &generator))
      list.append(
        Placement(subject: subject, x: x, y: y, radius: radius, angle: generator.uniform(-turn, turn), rgb: rgb))
    }
    return list
  }
}

/// What lies behind the subjects.
struct Ground {
  private enum Texture: CaseIterable { case plain, gradient, stripes, checks }

  private var texture: Texture
  private var first: (Double, Double, Double)
  private var second: (Double, Double, Double)
  private var angle: Double
  private var frequency: Double

  static func random(avoiding colours: [(Double, Double, Double)], using generator: inout SeededGenerator) -> Ground {
    func distance(_ a: (Double, Double, Double), _ b: (Double, Double, Double)) -> Double {
      abs(a.0 - b.0) + abs(a.1 - b.1) + abs(a.2 - b.2)
    }
    func muted(_ generator: inout SeededGenerator) -> (Double, Double, Double) {
      for _ in 0..<64 {
        let grey = generator.uniform(0.02, 0.26)
        let candidate = (
          max(0, grey + generator.uniform(-0.1, 0.1)), max(0, grey + generator.uniform(-0.1, 0.1)),
          max(0, grey + generator.uniform(-0.1, 0.1))
        )
        if colours.allSatisfy({ distance($0, candidate) > 0.75 }) { return candidate }
      }
      return (0.2, 0.2, 0.2)
    }
    let first = muted(&generator)
    let textures = Texture.allCases
    let texture = textures[generator.index(textures.count)]
    let shade = generator.uniform(0.5, 1.5)
    let second = texture == .gradient ? muted(&generator) : (first.0 * shade, first.1 * shade, first.2 * shade)
    return Ground(
      texture: texture, first: first, second: second, angle: generator.uniform(0, Double.pi),
      frequency: generator.uniform(3, 9))
  }

  /// The colour at (x, y) in 0...1.
  func colour(_ x: Double, _ y: Double) -> (Double, Double, Double) {
    let (u, v) = (x * cos(angle) + y * sin(angle), y * cos(angle) - x * sin(angle))
    let share: Double
    switch texture {
    case .plain: share = 0
    case .gradient: share = min(max((u + 0.4) / 1.8, 0), 1)
    case .stripes: share = Int((u * frequency).rounded(.down)) % 2 == 0 ? 0 : 1
    case .checks: share = (Int((u * frequency).rounded(.down)) + Int((v * frequency).rounded(.down))) % 2 == 0 ? 0 : 1
    }
    return (
      first.0 + (second.0 - first.0) * share, first.1 + (second.1 - first.1) * share,
      first.2 + (second.2 - first.2) * share
    )
  }
}
