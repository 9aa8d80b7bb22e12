import Graphs
import Operators
import Tensors
import Testing

@testable import Passes

/// Attention as the standard spells it.
struct SpellAttentionTests {
  private func queries(_ b: GraphBuilder, _ name: String, tokens: Dimension = 5) -> Tensor {
    b.input(name, .float32, [.symbol("batch"), 2, tokens, 4])
  }

  /// The numbers stay, and fusing finds the operator again.
  private func expectSpelling(_ graph: Graph, as names: [String]) throws {
    let spelt = try Pipeline.standardAttention.run(graph)
    #expect(spelt.operators == names)
    #expect(try Evaluation.difference(graph, try spelt.expandingMacros()) < 1e-5)
    let again = try Pipeline.inference.run(spelt)
    #expect(again.operators == (try Pipeline.inference.run(graph)).operators)
  }

  @Test(arguments: [false, true])
  func headsApart(causal: Bool) throws {
    let graph = try Graph.example { b, _ in
      let (q, k, v) = (queries(b, "q"), queries(b, "k"), queries(b, "v"))
      b.output("y", q.scaledDotProductAttention(k, v, scale: 0.3, causal: causal))
    }
    try expectSpelling(graph, as: ["Attention"])
  }

  @Test func maskOfOneAxis() throws {
    let graph = try Graph.example { b, _ in
      let (q, k, v) = (queries(b, "q"), queries(b, "k"), queries(b, "v"))
      b.output("y", q.scaledDotProductAttention(k, v, mask: b.input("mask", .float32, [5]), scale: 0.3, causal: false))
    }
    #expect(try Pipeline.standardAttention.run(graph).operators == ["Unsqueeze", "Attention"])
  }

  @Test(arguments: [false, true])
  func packed(causal: Bool) throws {
    let graph = try Graph.example { b, _ in
      let qkv = b.input("qkv", .float32, [.symbol("batch"), .symbol("sequence"), 24])
      b.output("y", qkv.selfAttention(heads: 2, causal: causal))
    }
    try expectSpelling(graph, as: ["Split", "Attention"])
  }

  @Test func packedWithMask() throws {
    let graph = try Graph.example { b, _ in
      let qkv = b.input("qkv", .float32, [.symbol("batch"), 5, 24])
      let mask = b.input("mask", .float32, [.symbol("batch"), 1, 1, 5])
      b.output("y", b.apply(SelfAttention(heads: 2, causal: false), [qkv, mask]))
    }
    try expectSpelling(graph, as: ["Split", "Attention"])
  }

  @Test func whatTheStandardCannotSayStays() throws {
    let guarded = try Graph.example { b, _ in
      let qkv = b.input("qkv", .float32, [.symbol("batch"), 5, 24])
      let mask = b.input("mask", .float32, [5, 5])
      b.output("y", b.apply(SelfAttention(heads: 2, causal: false, guarded: true), [qkv, mask]))
    }
    #expect(try Pipeline.standardAttention.run(guarded).operators == ["SelfAttention"])
    let wide = try Graph.example { b, _ in
      let (q, k, v) = (queries(b, "q"), queries(b, "k", tokens: 7), queries(b, "v", tokens: 7))
      b.output("y", q.scaledDotProductAttention(k, v, scale: 0.3, causal: true))
    }
    #expect(try Pipeline.standardAttention.run(wide).operators == ["ScaledDotProductAttention"])
    let sums = try Graph.example { b, _ in
      let results = b.input("qkv", .float32, [2, 3, 24]).selfAttentionWithLogSumExp(heads: 2, causal: true)
      b.output("y", results.output)
      b.output("sums", results.logSumExp)
    }
    #expect(try Pipeline.standardAttention.run(sums).operators == ["SelfAttention"])
  }
}
