import Graphs
import Operators
import Tensors

/// Proves that of every sequence of tokens nothing behind one place is read, and gives the sequences a symbol for a length.
///
/// Sequences that are cut behind that place have it where they had it, and give the same results (`CausalProof`).
public struct CausalCut {
  /// Where a sequence is read.
  public enum Place: Hashable, Sendable {
    /// At its largest token, the first of equals.
    case largest
    /// At its first token of this kind; at its first token where there is none.
    case first(Int)
  }

  /// The fused graph, whose sequences may have any length up to the one that they had.
  public let graph: Graph
  public let place: Place

  /// - Parameter input: tokens [batch, length], of a length that is a number.
  /// - Returns: nil where the proof fails.
  public init?(_ graph: Graph, input: String) {
    guard let fused = try? Pipeline.recognition.run(graph),
      let tokens = fused.inputs.first(where: { fused[$0].name == input }),
      var proof = CausalProof(fused, tokens: tokens)
    else { return nil }
    for node in fused.nodes {
      guard proof.follow(node) else { return nil }
    }
    guard let place = proof.place, fused.roots.allSatisfy(proof.isWhole),
      let open = CausalCut.opened(fused, tokens, proof.slices)
    else { return nil }
    (self.graph, self.place) = (open, place)
  }

  /// The graph with a symbol for the length, and constants cut to it where they meet rows.
  private static func opened(_ graph: Graph, _ tokens: ValueID, _ slices: [CausalProof.Slice]) -> Graph? {
    var seed = graph
    var symbol = "sequence"
    while graph.symbols.contains(symbol) { symbol += "_" }
    seed[tokens].type.shape[1] = .symbol(symbol)
    seed.nodes = []
    let builder = GraphBuilder(extending: seed)
    let length = builder.apply(ShapeOf(start: 1, end: 2), [Tensor(builder, tokens)])
    var replaced: [CausalProof.Slice: ValueID] = [:]
    for slice in slices where replaced[slice] == nil {
      let cut = Tensor(builder, slice.constant)
        .sliced(starts: builder.constant([0]), ends: length, axes: [slice.axis])
      replaced[slice] = cut.id
    }
    guard builder.diagnostics.isEmpty else { return nil }
    var open = builder.graph
    open.nodes += graph.nodes.map { node in
      var node = node
      for slice in slices where slice.reader == node.outputs.first {
        node.inputs = node.inputs.map { $0 == slice.constant ? replaced[slice] : $0 }
      }
      return node
    }
    do {
      try open.inferAll()
      try open.verify()
    } catch { return nil }
    let isSame = graph.roots.map { graph[$0].type } == open.roots.map { open[$0].type }
    return isSame ? open : nil
  }
}
