import Graphs
import Operators
import Tensors
import Testing

/// −x → x − 2 x, which is another operator of the same type.
private struct NegationAsDifference: RewriteRule {
  let roots: [any Operator.Type] = [Neg.self]
  func rewrite(_ site: RewriteSite) -> Replacement? {
    site.input(0).flatMap { site.replaced(by: $0 - $0 * 2) }
  }
}

/// Two rules that undo each other.
private struct Swap: RewriteRule {
  let roots: [any Operator.Type] = [Exp.self, Log.self]
  func rewrite(_ site: RewriteSite) -> Replacement? {
    site.input(0).flatMap { x in site.replaced(by: site.node.op is Exp ? x.log() : x.exp()) }
  }
}

/// Changes a type, which no rule may.
private struct Widen: RewriteRule {
  let roots: [any Operator.Type] = [Neg.self]
  func rewrite(_ site: RewriteSite) -> Replacement? { site.replaced(by: site.input(0)?.unsqueezed([0])) }
}

private struct Softplus: PatternRule {
  let patterns = [Pattern { p in (1 + p.any("x").exp()).log() * p.scalar("factor") }]
  func replacement(_ m: Match) -> Tensor? {
    if m.scalar("factor") == 0 { return m.decline("the factor is zero") }
    return m["x"].relu() * m.scalar("factor")
  }
}

struct RewriterTests {
  private static let traits = OperatorTraits(commutative: [Add.self, Mul.self])

  private static func graph(_ body: @escaping (GraphBuilder, Tensor) -> Tensor) throws -> Graph {
    try Graph.build("g") { b in b.output("y", body(b, b.input("x", .float32, [.symbol("n")]))) }
  }

  @Test func newNodesLiveWhereTheOldOneWas() throws {
    let graph = try Self.graph { b, x in b.scoped("a/b") { (-x).named("wanted") } }
    let log = RewriteLog()
    let after = try graph.rewritten(by: [NegationAsDifference()], log: log)
    #expect(after.nodes.map(\.name) == ["a/b/Mul", "a/b/Sub"])
    #expect(after[after.outputs[0].value].name == "wanted")
    #expect(log.applications == ["NegationAsDifference": 1])
  }

  @Test func rulesThatNeverRestAreStopped() throws {
    let graph = try Self.graph { _, x in x.exp() }
    let error = try #require(throws: GraphError.self) { try graph.rewritten(by: [Swap()]) }
    #expect(error.place == "Swap")
  }

  @Test func typesStay() throws {
    let graph = try Self.graph { _, x in -x }
    let log = RewriteLog()
    let after = try graph.rewritten(by: [Widen()], log: log)
    #expect(after.description == graph.description)
    #expect(log.declined("Widen").first?.reason.contains("f32[n] is needed") == true)
  }

  @Test func rewritingStopsAtTheLimit() throws {
    let graph = try Self.graph { _, x in -(-(-x)) }
    let after = try graph.rewritten(by: [NegationAsDifference()], limit: 2)
    #expect(after.nodes.count { $0.op is Neg } == 1)
  }

  @Test(arguments: [false, true], [false, true])
  func patternsMatchBothOrders(addFirst: Bool, factorFirst: Bool) throws {
    let graph = try Self.graph { _, x in
      let sum = addFirst ? 1 + x.exp() : x.exp() + 1
      return factorFirst ? 3 * sum.log() : sum.log() * 3
    }
    let after = try graph.rewritten(by: [Softplus()], traits: Self.traits)
    #expect(after.nodes.map(\.op.name) == ["Relu", "Mul"])
  }

  @Test func aRuleMaySayNo() throws {
    let graph = try Self.graph { _, x in (1 + x.exp()).log() * 0 }
    let log = RewriteLog()
    let after = try graph.rewritten(by: [Softplus()], traits: Self.traits, log: log)
    #expect(after.nodes.count == graph.nodes.count)
    #expect(log.declined("Softplus").map(\.reason) == ["the factor is zero"])
  }

  @Test func innerValuesOfOthersStopAMatch() throws {
    let graph = try Graph.build("g") { b in
      let e = b.input("x", .float32, [3]).exp()
      b.output("y", (1 + e).log() * 2)
      b.output("z", e.abs())
    }
    let log = RewriteLog()
    let after = try graph.rewritten(by: [Softplus()], traits: Self.traits, log: log)
    #expect(after.description == graph.description)
    #expect(log.declined("Softplus").map(\.reason) == ["the inner value Exp is also read by Abs"])
  }

  @Test func innerValuesThatAreAskedForStopAMatch() throws {
    let graph = try Graph.build("g") { b in
      let e = b.input("x", .float32, [3]).exp()
      b.output("y", (1 + e).log() * 2)
      b.output("z", e)
    }
    let log = RewriteLog()
    _ = try graph.rewritten(by: [Softplus()], traits: Self.traits, log: log)
    #expect(log.declined("Softplus").map(\.reason) == ["the inner value Exp is asked for"])
  }

  @Test func explainingSaysWhereAPatternEnds() throws {
    let graph = try Self.graph { _, x in (1 + x.sigmoid()).log() * 2 }
    let log = RewriteLog(explaining: "Softplus")
    _ = try graph.rewritten(by: [Softplus()], traits: Self.traits, log: log)
    #expect(log.declined("Softplus").map(\.reason) == ["Sigmoid is Sigmoid {}, not Exp {}"])
  }

  @Test func statesAreNoConstants() throws {
    let graph = try Graph.build("g") { b in
      let x = b.input("x", .float32, [])
      let state = b.parameter("state", NDArray(Float(2)))
      b.output("y", (1 + x.exp()).log() * state)
      b.update(state, with: state + 1)
    }
    let after = try graph.rewritten(by: [Softplus()], traits: Self.traits)
    #expect(after.description == graph.description)
  }
}
