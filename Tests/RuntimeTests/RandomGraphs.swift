import Graphs
import Tensors

/// SplitMix64 (Steele, Lea and Flood, 2014).
struct SplitMix64: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

/// A graph of views, operators in place, scratch, several results, states and odd roots, drawn from a seed.
func randomGraph(seed: Int) throws -> Graph {
  var random = SplitMix64(state: UInt64(seed))
  return try Graph.build("random \(seed)") { b in
    var pool: [Tensor] = []
    for index in 0..<Int.random(in: 1...3, using: &random) {
      pool.append(b.input("x\(index)", .float32, [Dimension(8 * (index % 2 + 1))]))
    }
    pool.append(b.parameter("w", ramp(16, 0.5)))
    var states: [Tensor] = []
    for index in 0..<Int.random(in: 0...4, using: &random) {
      let size = 8 * (index / 2 % 2 + 1)
      states.append(b.parameter("s\(index)", ramp(size, Float(index + 1))))
    }
    pool += states
    func any(_ random: inout SplitMix64) -> Tensor {
      // Recent values more often: chains as well as long lives.
      let recent = Bool.random(using: &random) ? pool.suffix(4) : pool[...]
      return recent.randomElement(using: &random) ?? pool[0]
    }
    func alike(_ a: Tensor, _ random: inout SplitMix64) -> Tensor {
      pool.filter { $0.type == a.type }.randomElement(using: &random) ?? a
    }
    var updates: [(Tensor, Tensor)] = []
    var free = states
    for _ in 0..<Int.random(in: 3...40, using: &random) {
      let a = any(&random)
      switch Int.random(in: 0..<9, using: &random) {
      case 0, 1: pool.append(b.plus(a, alike(a, &random)))
      case 2: pool.append(b.flip(a))
      case 3: pool.append(b.backwards(a))
      case 4: pool.append(b.seen(a))
      case 5: pool += b.apply(Both(), [a], outputs: Int.random(in: 1...2, using: &random))
      case 6 where a.rank == 1: pool.append(b.apply(First(), [a]))
      case 7 where a.rank == 1 && a.shape.elementCount.constant.map { $0 < 64 } ?? false:
        let other = pool.filter { $0.rank == 1 }.randomElement(using: &random) ?? a
        pool.append(b.apply(Joined(), [a, other]))
      case 8 where free.count >= 2:
        let (p, m) = (free[0], free[1])
        guard p.type == m.type else { continue }
        let made = b.apply(Momentum(), [p, m, alike(p, &random)], outputs: 2)
        updates += [(p, made[0]), (m, made[1])]
        pool += made
        free.removeFirst(2)
      default: pool.append(b.flip(a))
      }
    }
    for state in free where Bool.random(using: &random) { updates.append((state, alike(state, &random))) }
    for (state, value) in updates { b.update(state, with: value) }
    for index in 0..<Int.random(in: 1...3, using: &random) { b.output("y\(index)", any(&random)) }
  }
}
