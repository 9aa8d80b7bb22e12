import Graphs
import Operators
import Tensors

/// Recognises multi-head attention on a packed projection q|k|v: its thirds split into heads, attention, heads merged.
public struct FuseSelfAttention: RewriteRule {
  public let roots: [any Operator.Type] = [Reshape.self]

  public init() {}

  public func rewrite(_ site: RewriteSite) -> Replacement? {
    guard let y = site.output(), y.rank == 3, let merged = site.input(0),
      let transpose = site.maker(merged, Transpose.self), transpose.op.order(4) == [0, 2, 1, 3],
      let heads = transpose.site.input(0), let attention = site.maker(heads, ScaledDotProductAttention.self),
      let count = heads.shape[1].constant, let width = heads.shape[3].constant
    else { return nil }
    guard y.shape == [heads.shape[0], heads.shape[2], Dimension(count * width)] else {
      return site.decline("the heads are not merged into one axis")
    }
    guard site.isReadOnce(merged), site.isReadOnce(heads) else {
      return site.decline("the heads' results have another user")
    }
    if attention.site.input(3) != nil { return site.decline("there is a mask that is not causal") }
    let scale = 1 / Double(width).squareRoot()
    guard abs(Double(attention.op.scale) - scale) <= 1e-5 * scale else {
      return site.decline("the scale \(attention.op.scale) is not width^−½ = \(scale)")
    }
    var packed: Tensor?
    for position in 0..<3 {
      guard let part = attention.site.input(position), let found = third(part, heads: count, width: width, site) else {
        return site.decline("input \(position) of the attention is no third of a packed projection, split into heads")
      }
      guard found.index == position else { return site.decline("the thirds are not in the order q, k, v") }
      if let packed, packed.id != found.source.id { return site.decline("the thirds come from several projections") }
      packed = found.source
    }
    guard let packed else { return nil }
    let op = SelfAttention(heads: count, causal: attention.op.causal)
    guard let logSumExp = attention.site.output(1), !site.users(of: logSumExp).isEmpty || site.isRoot(logSumExp),
      let old = logSumExp.id, let id = y.id
    else { return site.replaced(by: packed.selfAttention(heads: op.heads, causal: op.causal)) }
    let results = packed.selfAttentionWithLogSumExp(heads: op.heads, causal: op.causal)
    return Replacement([(id, results.output), (old, results.logSumExp)])
  }

  /// Which third of which tensor was split into heads. [B, H, L, Dh] ← [B, L, 3 · H · Dh]
  private func third(_ tensor: Tensor, heads: Int, width: Int, _ site: RewriteSite) -> (source: Tensor, index: Int)? {
    guard let transpose = site.maker(tensor, Transpose.self), transpose.op.order(4) == [0, 2, 1, 3],
      let split = transpose.site.input(0), let reshape = site.maker(split, Reshape.self),
      let part = reshape.site.input(0), part.rank == 3, let maker = site.maker(part), let source = maker.input(0),
      source.rank == 3, site.isReadOnce(tensor), site.isReadOnce(split), site.isReadOnce(part)
    else { return nil }
    let size = heads * width
    guard part.shape[2] == Dimension(size), source.shape[2] == Dimension(3 * size), part.shape[1] == source.shape[1],
      split.shape == [part.shape[0], part.shape[1], Dimension(heads), Dimension(width)]
    else { return nil }
    if maker.node.op is Split {
      let outputs = maker.node.outputs
      let isEven =
        outputs.count == 3 && outputs.allSatisfy { $0.map { Tensor(site.builder, $0).type == part.type } ?? true }
      return isEven ? outputs.firstIndex(of: part.id).map { (source, $0) } : nil
    }
    return sliceStart(maker).flatMap { $0 % size == 0 ? (source, $0 / size) : nil }
  }

  /// Where a slice of the last of three axes begins, with step 1.
  private func sliceStart(_ site: RewriteSite) -> Int? {
    guard let op = site.op(Slice.self) else { return nil }
    func numbers(_ input: Int) -> [Int]? { site.input(input)?.numbers?.integers }
    guard let starts = op.starts ?? numbers(1), starts.count == 1, let axes = op.axes ?? numbers(3),
      axes == [2] || axes == [-1], site.input(4) == nil || numbers(4) == [1], starts[0] >= 0
    else { return nil }
    return starts[0]
  }
}
