import Graphs
import Operators
import Passes
import Tensors
import Testing

/// Attention of a packed projection to itself in the spellings of other programs.
struct AttentionSpellingTests {
  /// How [batch, sequence, 24] becomes q, k and v of two heads of four, and scores.
  enum Layout: String, CaseIterable {
    case fourAxes, oneAxisForHeads, sequenceFirst, sequenceFirstUnpacked, keyTransposedApart, rootsOfScale
  }

  enum Mask: String, CaseIterable {
    case none, ranges, strictRanges, triangle, triangleOfOnes, filled, finite, padding, guarded, guardedCausal
  }

  @Test(arguments: Layout.allCases, Mask.allCases)
  func isOneOperator(layout: Layout, mask: Mask) throws {
    let graph = try Graph.example { b, _ in
      let x = b.input("x", .float32, [.symbol("batch"), .symbol("sequence"), 24])
      b.output("y", attention(of: x, layout, mask))
    }
    let log = RewriteLog()
    let after = try Pipeline.inference.run(graph, log: log)
    let own = after.nodes.compactMap { $0.op as? SelfAttention }
    #expect(own.count == 1, "\(after) \(log.entries)")
    let isCausal = ![.none, .padding, .guarded].contains(mask)
    #expect(own.allSatisfy { $0.causal == isCausal && $0.guarded == (mask == .guarded) && $0.heads == 2 })
    let isMade = [.padding, .guarded].contains(mask)
    #expect(isMade || after.operators == ["SelfAttention"], "\(after)")
    #expect(try Evaluation.difference(graph, after) < 1e-5)
  }

  /// [batch, sequence, 24] → [batch, sequence, 8]
  private func attention(of x: Tensor, _ layout: Layout, _ mask: Mask) -> Tensor {
    let b = x.builder
    let (batch, sequence) = (x.shape[0], x.shape[1])
    func shaped(_ x: Tensor, _ parts: [Tensor]) -> Tensor { x.reshaped(shape: concatenated(parts, axis: 0)) }
    let (n, l) = (x.dimension(0), x.dimension(1))
    func heads(_ part: Tensor) -> Tensor {
      switch layout {
      case .fourAxes, .keyTransposedApart, .rootsOfScale:
        return part.reshaped(shape: b.constant([0, 0, 2, 4])).transposed([0, 2, 1, 3])
      case .oneAxisForHeads:
        let apart = part.reshaped(shape: b.constant([0, 0, 2, 4])).transposed([0, 2, 1, 3])
        return shaped(apart, [b.constant([-1]), l, b.constant([4])])
      case .sequenceFirst, .sequenceFirstUnpacked:
        return shaped(part, [l, b.constant([-1]), b.constant([4])]).transposed([1, 0, 2])
      }
    }
    let parts: [Tensor]
    switch layout {
    case .sequenceFirst: parts = x.transposed([1, 0, 2]).split([8, 8, 8], axis: 2).map(heads)
    case .sequenceFirstUnpacked:
      let five = x.transposed([1, 0, 2]).reshaped(shape: b.constant([0, 0, 3, 8])).unsqueezed([0])
        .transposed([3, 1, 2, 0, 4]).squeezed([3])
      parts = (0..<3).map { heads(five.gather(b.constant(NDArray(Int64($0))), axis: 0)) }
    default: parts = x.split([8, 8, 8], axis: 2).map(heads)
    }
    var (q, k, v) = (parts[0], parts[1].transposed(), parts[2])
    var scale: Float = 0.5
    if layout == .rootsOfScale { (q, k, scale) = (q * Float(0.5).squareRoot(), k * Float(0.5).squareRoot(), 1) }
    if layout == .keyTransposedApart {
      let apart = shaped(parts[1], [b.constant([-1]), l, b.constant([4])]).transposed([0, 2, 1])
      k = shaped(apart, [n, b.constant([2, 4]), l])
    }
    if layout == .oneAxisForHeads { (q, scale) = (q * scale, 1) }
    var scores = q.matmul(k)
    if scale != 1 { scores = scores * scale }
    let apart = concatenated([n, b.constant([2]), l, l], axis: 0)
    let flat = concatenated([b.constant([-1]), l, l], axis: 0)
    // Masks are added to four axes.
    let isFlat = scores.rank == 3 && mask != .none
    if isFlat { scores = scores.reshaped(shape: apart) }
    scores = masked(scores, mask, sequence: l, batch: n)
    if isFlat { scores = scores.reshaped(shape: flat) }
    var weights = scores.softmax()
    if [.guarded, .guardedCausal].contains(mask) { weights = weights.isNaN().select(b.constant(0), weights) }
    let mixed = weights.matmul(v)
    switch layout {
    case .sequenceFirst, .sequenceFirstUnpacked:
      return mixed.transposed([1, 0, 2]).reshaped(to: [sequence, batch, 8]).transposed([1, 0, 2])
    default:
      let four = mixed.rank == 3 ? shaped(mixed, [n, b.constant([2]), l, b.constant([4])]) : mixed
      return four.transposed([0, 2, 1, 3]).reshaped(shape: b.constant([0, 0, 8]))
    }
  }

  private func masked(_ scores: Tensor, _ mask: Mask, sequence: Tensor, batch: Tensor) -> Tensor {
    let b = scores.builder
    let (zero, hidden) = (b.constant(0), b.constant(-.infinity))
    let (first, one) = (b.constant(NDArray(Int64(0))), b.constant(NDArray(Int64(1))))
    let count = b.range(first, sequence.squeezed([0]), one)
    let (row, column) = (count.unsqueezed([0, 1, 3]), count.unsqueezed([0, 1, 2]))
    let square = concatenated([sequence, sequence], axis: 0)
    switch mask {
    case .none: return scores
    case .ranges, .guardedCausal: return scores + column.lessOrEqual(to: row).select(zero, hidden)
    case .strictRanges: return column.greater(than: row).select(hidden, zero) + scores
    case .triangle: return scores + b.constant(-.infinity).expanded(shape: square).trilu(upper: true, diagonal: 1)
    case .triangleOfOnes:
      let ones = b.constant(1).expanded(shape: square).trilu(upper: false)
      return scores + ones.equal(to: zero).select(hidden, zero)
    case .filled: return column.greater(than: row).select(hidden, scores)
    case .finite:
      let far = b.constant(-Float.greatestFiniteMagnitude)
      let seen = column.lessOrEqual(to: row)
      return scores + seen.expanded(shape: concatenated([batch, b.constant([1]), square], axis: 0)).select(zero, far)
    case .padding, .guarded:
      // The first token of every text is hidden; from itself, too, where only the last is seen.
      let seen = mask == .padding ? column.greater(than: first) : column.greater(than: row)
      return scores + seen.select(zero, hidden)
    }
  }
}
