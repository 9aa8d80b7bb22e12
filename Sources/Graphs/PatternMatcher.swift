import Tensors

/// Looks for one pattern at one place: depth first, both orders of commutative operators, going back where a choice fails.
struct PatternMatcher {
  struct State {
    /// Pattern value → graph value.
    var values: [ValueID: ValueID] = [:]
    var symbols: [String: Dimension] = [:]
    var scalars: [String: Float] = [:]
    /// Graph nodes that the pattern's nodes were found at, and pattern nodes whose result may be read elsewhere.
    var nodes: [Int: Int] = [:]
  }

  let pattern: Pattern
  let site: RewriteSite
  private let trace = Trace()
  private var steps = 0

  /// Why the attempt that came furthest failed.
  private final class Trace {
    var deepest: String?
    var depth = 1
  }

  var deepest: String? { trace.deepest }

  init(pattern: Pattern, site: RewriteSite) { (self.pattern, self.site) = (pattern, site) }

  private var graph: Graph { site.builder.graph }

  /// Meets all goals (pattern value, graph value), last first; nil where that is impossible.
  mutating func solve(_ goals: [(pattern: ValueID, graph: ValueID)], _ state: State) -> State? {
    var (goals, state) = (goals, state)
    while let goal = goals.popLast() {
      steps += 1
      if steps > 20_000 { return nil }
      if let known = state.values[goal.pattern] {
        if known == goal.graph { continue }
        return fail(state, "one part is needed twice, but two values are there")
      }
      if let taken = taken(goal.pattern, goal.graph, state) {
        state = taken
        state.values[goal.pattern] = goal.graph
        continue
      }
      guard let maker = pattern.producers[goal.pattern] else {
        return fail(state, "\(name(goal.graph)) does not fit \(pattern.graph[goal.pattern].name)")
      }
      let wanted = pattern.graph.nodes[maker]
      guard let index = site.rewriter.producer(of: goal.graph) else {
        return fail(state, "\(name(goal.graph)) is not made by \(wanted.op.name)")
      }
      let found = site.builder.graph.nodes[index]
      guard wanted.op.isSame(as: found.op),
        wanted.outputs.firstIndex(of: goal.pattern) == found.outputs.firstIndex(of: goal.graph)
      else {
        return fail(
          state,
          "\(found.name) is \(found.op.name) {\(found.op.attributeText)}, not \(wanted.op.name)"
            + " {\(wanted.op.attributeText)}")
      }
      state.values[goal.pattern] = goal.graph
      state.nodes[maker] = index
      if let skipped = site.rewriter.traits.shapeOperand(of: wanted.op) {
        guard fits(pattern.graph[goal.pattern].type.shape, graph[goal.graph].type.shape, &state) else {
          return fail(state, "\(name(goal.graph)) has another shape: \(graph[goal.graph].type.shape)")
        }
        guard let more = pairs(wanted.inputs, found.inputs, without: skipped) else {
          return fail(state, "\(found.name) has other inputs")
        }
        goals += more
        continue
      }
      guard let straight = pairs(wanted.inputs, found.inputs, without: nil) else {
        return fail(state, "\(found.name) has other inputs")
      }
      if straight.count >= 2, site.rewriter.traits.isCommutative(wanted.op) {
        if let solved = solve(goals + straight, state) { return solved }
        var crossed = straight
        (crossed[0].graph, crossed[1].graph) = (straight[1].graph, straight[0].graph)
        return solve(goals + crossed, state)
      }
      goals += straight
    }
    return state
  }

  /// The state with a hole, a constant or known contents met; nil where the pattern's value is none of these or does not fit.
  private func taken(_ wanted: ValueID, _ found: ValueID, _ state: State) -> State? {
    var state = state
    if let hole = pattern.holes[wanted] {
      switch hole.kind {
      case .any: return state
      case .typed:
        let (a, b) = (pattern.graph[wanted].type, graph[found].type)
        return a.scalar == b.scalar && fits(a.shape, b.shape, &state) ? state : nil
      case .scalar:
        guard let number = Tensor(site.builder, found).scalarNumber else { return nil }
        state.scalars[hole.name] = number
        return state
      }
    }
    if let numbers = pattern.graph.constants[wanted] {
      return taken(numbers, found, state)
    }
    guard let a = pattern.graph[wanted].contents, let b = graph[found].contents, a.count == b.count,
      pattern.graph[wanted].type.shape.rank == graph[found].type.shape.rank
    else { return nil }
    for (x, y) in zip(a, b) where !fits(x, y, &state) { return nil }
    return state
  }

  private func taken(_ numbers: NDArray, _ found: ValueID, _ state: State) -> State? {
    guard !site.rewriter.states.contains(found), let other = graph.constants[found] else { return nil }
    var state = state
    if numbers.scalar == .float32, other.scalar == .float32, numbers.count == other.count {
      let (a, b) = (numbers.values(as: Float.self), other.values(as: Float.self))
      if a.count == 1, let name = pattern.markers[a[0]] {
        if let known = state.scalars[name], known != b[0] { return nil }
        state.scalars[name] = b[0]
        return state
      }
      guard a.count == 1 || numbers.sizes == other.sizes else { return nil }
      return zip(a, b).allSatisfy { wanted, found in
        wanted.narrowed.contains { $0 == found || abs($0 - found) <= 1e-6 * abs($0) }
      } ? state : nil
    }
    return numbers == other ? state : nil
  }

  private func fits(_ a: Shape, _ b: Shape, _ state: inout State) -> Bool {
    guard a.rank == b.rank else { return false }
    for (x, y) in zip(a.dimensions, b.dimensions) where !fits(x, y, &state) { return false }
    return true
  }

  /// Whether the pattern's extent can be the graph's one; a bare symbol met for the first time is bound.
  private func fits(_ a: Dimension, _ b: Dimension, _ state: inout State) -> Bool {
    if let symbol = a.symbolName {
      if let known = state.symbols[symbol] { return known == b }
      state.symbols[symbol] = b
      return true
    }
    return a.substituting(state.symbols) == b
  }

  private func pairs(
    _ wanted: [ValueID?], _ found: [ValueID?], without skipped: Int?
  ) -> [(pattern: ValueID, graph: ValueID)]? {
    var pairs: [(pattern: ValueID, graph: ValueID)] = []
    for position in 0..<max(wanted.count, found.count) where position != skipped {
      let a = position < wanted.count ? wanted[position] : nil
      let b = position < found.count ? found[position] : nil
      if let a, let b { pairs.append((a, b)) } else if a != nil || b != nil { return nil }
    }
    return pairs
  }

  private func fail(_ state: State, _ reason: @autoclosure () -> String) -> State? {
    guard site.rewriter.log?.explained == site.rule, state.nodes.count >= trace.depth else { return nil }
    trace.depth = state.nodes.count + 1
    trace.deepest = reason()
    return nil
  }

  private func name(_ id: ValueID) -> String { graph[id].name }

  /// The complaint about an inner value that something outside reads, or that is asked for.
  func outsideUser(_ state: State, root: ValueID) -> String? {
    let inside = Set(state.nodes.values)
    for (wanted, index) in state.nodes {
      let node = graph.nodes[index]
      let isFree = pattern.graph.nodes[wanted].outputs.allSatisfy { $0.map { pattern.free.contains($0) } ?? true }
      if isFree { continue }
      for case let output? in node.outputs where output != root {
        if site.rewriter.isRoot(output) { return "the inner value \(name(output)) is asked for" }
        if let user = site.rewriter.users(of: output).first(where: { !inside.contains($0) }) {
          return "the inner value \(name(output)) is also read by \(graph.nodes[user].name)"
        }
      }
    }
    return nil
  }
}
