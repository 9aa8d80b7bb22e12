import Autodiff
import Graphs
import Operators
import Tensors
import Testing

@testable import Passes

/// When padding behind the token that is read need not be computed.
struct UnpaddingTests {
  enum Form: String, CaseIterable {
    case largest, firstOfKind, byLength, chosenEarly, doubled, summed, hidden
    // What lies behind the place counts in these.
    case notCausal, allRows, meanOfRows, otherPlace, lastLargest, masked, lossOfRows, decay, unhidden
    // A batch of rows meets what differs from caption to caption.
    case ofEachCaption
  }

  static let refused: Set<Form> = [
    .notCausal, .allRows, .meanOfRows, .otherPlace, .lastLargest, .masked, .lossOfRows, .decay, .unhidden,
  ]

  // Ends at 4, 2 and 0; 7 is the largest token.
  private static let tokens: [Int64] = [1, 2, 3, 5, 7, 0, 4, 4, 2, 6, 7, 1, 1, 5, 3, 2, 7, 1, 1, 2, 2, 0, 0, 3]

  @Test(arguments: Form.allCases)
  func stepIsTheSame(form: Form) throws {
    let graph = try Pipeline.training.run(try step(form))
    let text = try #require(graph.value(named: "text"))
    let unpadding = Unpadding(graph, text: text)
    if Self.refused.contains(form) {
      #expect(unpadding == nil, "\(form)")
      return
    }
    let made = try #require(unpadding, "\(form)")
    try made.graph.verify()
    #expect(made.place == (form == .firstOfKind ? .first(7) : .largest))
    var inputs = ["text": NDArray(Self.tokens, [3, 8])]
    let expected = try Evaluation.run(graph, inputs)
    inputs[made.rows] = Unpadding.rows(ends: [4, 2, 0], length: 8)
    let packed = try Evaluation.run(made.graph, inputs)
    #expect(packed.count == expected.count && expected.count > 8)
    for (name, array) in expected {
      let other = try #require(packed[name])
      #expect(Evaluation.difference(array, other) < 1e-5, "\(name)")
    }
    // The numbers that are multiplied.
    let rows = try made.graph.bound(["batch": 3, "rows": 3])
    let products = rows.nodes.filter { $0.op is Linear && $0.inputs[0].map { rows[$0].type.shape.rank == 3 } ?? false }
    #expect(products.count { $0.inputs[0].map { rows[$0].type.shape[1] == 3 } ?? false } > products.count / 2)
  }

  @Test("tokens behind the place change nothing")
  func unread() throws {
    let graph = try Pipeline.training.run(try step(.largest))
    let text = try #require(graph.value(named: "text"))
    let made = try #require(Unpadding(graph, text: text))
    var other = Self.tokens
    for place in [5, 6, 7, 11, 12, 13, 14, 15, 17, 18, 23] { other[place] = (other[place] + 3) % 7 }
    let rows = Unpadding.rows(ends: [4, 2, 0], length: 8)
    let results = try [Self.tokens, other].map { tokens in
      try Evaluation.run(made.graph, ["text": NDArray(tokens, [3, 8]), made.rows: rows])
    }
    for (name, array) in results[0] {
      let other = try #require(results[1][name])
      #expect(Evaluation.difference(array, other) < 1e-6, "\(name)")
    }
  }

  @Test("rows are those up to every end, and then as many as fill the last")
  func rows() {
    func rows(_ places: [Int64], _ sizes: [Int]) -> NDArray { NDArray(places, sizes) }
    #expect(Unpadding.rows(ends: [1, 0, 3], length: 4) == rows([0, 1, 2, 3, 4, 8, 9, 10, 11], [3, 3]))
    #expect(Unpadding.rows(ends: [2, 2], length: 3) == rows([0, 1, 2, 3, 4, 5], [2, 3]))
    // No end lies behind the last place.
    #expect(Unpadding.rows(ends: [9], length: 2) == rows([0, 1], [1, 2]))
    #expect(Unpadding.rows(ends: [], length: 2).count == 0)
  }

  /// Two blocks on tokens [batch, 8], or of any length, a loss of what is read, and a step of descent for every weight.
  private func step(_ form: Form) throws -> Graph {
    try Graph.example { b, noise in
      var weights: [Tensor] = []
      func weight(_ name: String, _ sizes: [Int]) -> Tensor {
        weights.append(b.parameter(name, noise.array(sizes)))
        return weights[weights.count - 1]
      }
      let length: Dimension = form == .byLength ? .symbol("length") : 8
      let text = b.input("text", .int64, [.symbol("batch"), length])
      var places = weight("positions", [8, 12])
      if form == .byLength {
        places = places.sliced(starts: b.constant([0]), ends: text.dimension(1), axes: [0])
      }
      let isKind = text.equal(to: b.constant(NDArray(Int64(7)))).cast(to: .int32)
      let found = b.apply(
        ArgMax(axis: 1, keepDimensions: true, last: form == .lastLargest), [form == .firstOfKind ? isKind : text])
      let place = form == .otherPlace ? found + b.constant(NDArray(Int64(1))) : found
      var x = weight("table", [8, 12]).gather(text, axis: 0) + places
      if form == .ofEachCaption {
        x = x + x.gatherND(place, batchDimensions: 1).unsqueezed([1])
      }
      for block in 0..<2 {
        let normal = x.layerNormalization(
          scale: weight("scale\(block)", [12]), bias: weight("bias\(block)", [12]), epsilon: 1e-5)
        let qkv = normal.linear(weight("qkv\(block)", [12, 36]), bias: weight("qkv.bias\(block)", [36]))
        x = x + qkv.selfAttention(heads: 2, causal: form != .notCausal || block == 0)
        let hidden = x.linear(weight("up\(block)", [12, 24]), bias: weight("up.bias\(block)", [24])).gelu()
        x = x + hidden.linear(weight("down\(block)", [24, 12]), bias: nil)
        if form == .doubled { x = x + x }
        if form == .masked { x = x * text.cast(to: .float32).unsqueezed([2]).mean([1], keepDimensions: true) }
      }
      var read = x.gatherND(place, batchDimensions: 1)
      if form == .chosenEarly {
        read = x.layerNormalization(scale: weight("last", [12]), bias: nil, epsilon: 1e-5)
          .gatherND(place, batchDimensions: 1)
      }
      if form == .unhidden || form == .hidden {
        // Up to the place, or counted from the end.
        let counted = b.constant(form == .hidden ? [0, 1, 2, 3, 4, 5, 6, 7] : [7, 6, 5, 4, 3, 2, 1, 0])
        let mask = counted.lessOrEqual(to: place).select(b.constant(Float(0)), b.constant(-Float.infinity))
        let packed = x.linear(weight("kv", [12, 24]), bias: nil)
        read = read.unsqueezed([1]).crossAttention(packed, mask: mask.unsqueezed([1, 2]), heads: 2).squeezed([1])
      }
      var loss = (read * read * read).mean([0, 1], keepDimensions: false)
      switch form {
      case .allRows: b.output("y", x)
      case .meanOfRows: loss = loss + x.mean([0, 1, 2], keepDimensions: false)
      case .lossOfRows: loss = loss + (x * x).sum([2]).mean([0, 1], keepDimensions: false)
      default: break
      }
      b.output("loss", loss)
      let gradients = b.gradients(of: loss, withRespectTo: weights)
      for (weight, gradient) in zip(weights, gradients) {
        guard var gradient else { continue }
        if form == .summed { gradient = gradient + b.constant(Float(0.5)) * weight }
        if form == .decay, weight.shape == [8, 12] { gradient = gradient + x.mean([0], keepDimensions: false) }
        b.update(weight, with: weight - b.constant(Float(0.1)) * gradient)
      }
    }
  }
}
