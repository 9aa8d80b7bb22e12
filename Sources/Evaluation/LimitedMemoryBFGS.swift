/// Minimises a smooth function by L-BFGS (Nocedal and Wright 2006, Numerical Optimization, algorithms 7.4 and 7.5), with a
/// bisecting line search for the weak Wolfe conditions (Lewis and Overton 2013, algorithm 2.6).
struct LimitedMemoryBFGS {
  /// Iterations, at most.
  var iterations = 1_000
  /// Pairs of differences that stand for the Hessian.
  var history = 10
  /// Ends where no component of the gradient is larger, as a share of the value where that is below 1.
  var tolerance = 1e-7
  /// The value's rounding, as a share of it: a step may raise the value by so much, and ten steps that lower it by less than a
  /// tenth of this end the search; 0 for a value without rounding.
  var rounding = 1e-9

  struct Result {
    var point: [Double]
    var value: Double
    var iterations: Int
    /// Whether the gradient is as small as asked for, or the value stands still; otherwise iterations ran out.
    var converged: Bool
  }

  typealias Function<E: Error> = ([Double]) throws(E) -> (Double, gradient: [Double])

  func minimise<E: Error>(_ function: Function<E>, from start: [Double]) throws(E) -> Result {
    var x = start
    var (f, g) = try function(x)
    var pairs: [(s: [Double], y: [Double], rho: Double)] = []
    var standing = 0
    for iteration in 0..<iterations {
      if largest(g) <= tolerance * min(1, abs(f)) {
        return Result(point: x, value: f, iterations: iteration, converged: true)
      }
      var direction = descent(g, pairs)
      var slope = dot(direction, g)
      if !(slope < 0) {
        pairs = []
        (direction, slope) = (g.map { -$0 }, -dot(g, g))
      }
      // The first step is no longer than one.
      var (step, low, high) = (pairs.isEmpty ? min(1, 1 / dot(g, g).squareRoot()) : 1, 0.0, Double.infinity)
      var found: (x: [Double], f: Double, g: [Double])?
      for _ in 0..<25 {
        let next = zip(x, direction).map { $0 + step * $1 }
        let (value, gradient) = try function(next)
        if !(value <= f + 1e-4 * step * slope + rounding * abs(f)) {
          high = step
        } else {
          found = (next, value, gradient)
          if dot(gradient, direction) >= 0.9 * slope { break }
          low = step
        }
        step = high.isFinite ? (low + high) / 2 : 2 * step
      }
      // Where no step lowers the value, it cannot be told from its rounding.
      guard let found else { return Result(point: x, value: f, iterations: iteration, converged: true) }
      let s = zip(found.x, x).map { $0 - $1 }
      let y = zip(found.g, g).map { $0 - $1 }
      let curvature = dot(s, y)
      if curvature > 1e-12 * dot(y, y) {
        pairs.append((s, y, 1 / curvature))
        if pairs.count > history { pairs.removeFirst() }
      }
      standing = f - found.f > 0.1 * rounding * abs(f) ? 0 : standing + 1
      (x, f, g) = found
      if rounding > 0, standing == 10 {
        return Result(point: x, value: f, iterations: iteration + 1, converged: true)
      }
    }
    return Result(point: x, value: f, iterations: iterations, converged: false)
  }

  /// The two-loop recursion: −H g.
  private func descent(_ g: [Double], _ pairs: [(s: [Double], y: [Double], rho: Double)]) -> [Double] {
    var q = g
    var weights: [Double] = []
    for pair in pairs.reversed() {
      let a = pair.rho * dot(pair.s, q)
      weights.append(a)
      for index in q.indices { q[index] -= a * pair.y[index] }
    }
    if let last = pairs.last {
      let scale = 1 / (last.rho * dot(last.y, last.y))
      for index in q.indices { q[index] *= scale }
    }
    for (pair, a) in zip(pairs, weights.reversed()) {
      let b = pair.rho * dot(pair.y, q)
      for index in q.indices { q[index] += (a - b) * pair.s[index] }
    }
    return q.map { -$0 }
  }

  private func dot(_ a: [Double], _ b: [Double]) -> Double {
    var sum = 0.0
    for index in a.indices { sum += a[index] * b[index] }
    return sum
  }

  private func largest(_ g: [Double]) -> Double { g.reduce(0) { max($0, $1.magnitude) } }
}
