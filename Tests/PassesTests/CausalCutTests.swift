import Graphs
import Operators
import Passes
import Tensors
import Testing

/// When sequences may be cut behind the token that is read.
struct CausalCutTests {
  enum Form: String, CaseIterable {
    case largest, firstOfKind
    // These read what lies behind.
    case notCausal, allRows, lastLargest, otherPlace, meanOfRows, reversed, largestOfRows
  }

  @Test(arguments: Form.allCases)
  func isProvenOrNot(form: Form) throws {
    let graph = try graph(form)
    let cut = CausalCut(graph, input: "text")
    switch form {
    case .largest: #expect(cut?.place == .largest)
    case .firstOfKind: #expect(cut?.place == .first(7))
    default: #expect(cut == nil, "\(form)")
    }
    guard let cut else { return }
    #expect(cut.graph.symbols.count == 2)
    // Ends at 4 and 2.
    let tokens: [Int64] = [1, 2, 3, 5, 7, 0, 4, 4, 2, 6, 7, 1, 1, 5, 3, 2]
    let short: [Int64] = [1, 2, 3, 5, 7, 2, 6, 7, 1, 1]
    let inputs = ["text": NDArray(tokens, [2, 8])]
    let whole = try Evaluation.run(cut.graph, inputs)
    #expect(try Evaluation.run(cut.graph, ["text": NDArray(short, [2, 5])]) == whole)
    let plain = try #require(try Evaluation.run(graph, inputs)["y"])
    #expect(try Evaluation.difference(plain, #require(whole["y"])) < 1e-5)
  }

  private func graph(_ form: Form) throws -> Graph {
    try Graph.example { b, noise in
      func weight(_ name: String, _ sizes: [Int]) -> Tensor { b.parameter(name, noise.array(sizes)) }
      let text = b.input("text", .int64, [.symbol("batch"), 8])
      var x = weight("table", [8, 12]).gather(text, axis: 0) + weight("positions", [8, 12])
      let packed = x.layerNormalization(scale: weight("scale", [12]), bias: nil, epsilon: 1e-5)
        .linear(weight("qkv", [12, 36]), bias: nil)
      x = x + packed.selfAttention(heads: 2, causal: form != .notCausal)
      if form == .reversed { x = x.gather(b.constant([7, 6, 5, 4, 3, 2, 1, 0]), axis: 1) }
      let isKind = text.equal(to: b.constant(NDArray(Int64(7)))).cast(to: .int32)
      func place(_ tokens: Tensor, last: Bool = false) -> Tensor {
        b.apply(ArgMax(axis: 1, keepDimensions: true, last: last), [tokens])
      }
      func read(_ place: Tensor) -> Tensor { x.gatherND(place, batchDimensions: 1) }
      switch form {
      case .largest, .notCausal, .reversed: b.output("y", read(place(text)))
      case .firstOfKind: b.output("y", read(place(isKind)))
      case .allRows: b.output("y", x)
      case .lastLargest: b.output("y", read(place(text, last: true)))
      case .otherPlace: b.output("y", read(place(text) + b.constant(NDArray(Int64(1)))))
      case .meanOfRows: b.output("y", x.mean([1], keepDimensions: false))
      case .largestOfRows: b.output("y", read(place(x.sum([2], keepDimensions: false))))
      }
    }
  }
}
