import Graphs
import Operators
import Tensors

/// Recognises multi-head attention of a sequence to itself: query, key and value are the thirds of one projection, or three
/// projections of the same, split into heads, wherever batch, tokens and heads lie.
public struct FuseSelfAttention: RewriteRule {
  public let roots: [any Operator.Type] = [ScaledDotProductAttention.self]

  public init() {}

  public func rewrite(_ site: RewriteSite) -> Replacement? {
    guard let op = site.op(ScaledDotProductAttention.self), let y = site.output(), let id = y.id else { return nil }
    guard site.input(1)?.shape == y.shape else { return site.decline("there are other keys than queries") }
    guard let heads = AttentionHeads(site), let packed = heads.packed(0..<3, site) else { return nil }
    let fused = SelfAttention(heads: heads.count, causal: op.causal, guarded: op.guarded)
    let logSumExp = site.output(1).flatMap { !site.users(of: $0).isEmpty || site.isRoot($0) ? $0.id : nil }
    let results = site.builder.apply(fused, [packed, site.input(3)], outputs: logSumExp == nil ? 1 : 2)
    return Replacement([(id, heads.split(results[0]))] + (logSumExp.map { [($0, results[1])] } ?? []))
  }
}

/// Recognises multi-head attention to another sequence: key and value are the halves of one projection, or two projections of
/// the same, split into heads.
struct FuseCrossAttention: RewriteRule {
  let roots: [any Operator.Type] = [ScaledDotProductAttention.self]

  func rewrite(_ site: RewriteSite) -> Replacement? {
    guard let op = site.op(ScaledDotProductAttention.self), let y = site.output(), site.output(1) == nil else {
      return nil
    }
    guard site.input(1)?.shape != y.shape, !op.causal, !op.guarded else {
      return site.decline("it is attention to itself, or causal, or guarded against NaN")
    }
    guard let heads = AttentionHeads(site), let query = heads.packed(0..<1, site),
      let packed = heads.packed(1..<3, site)
    else { return nil }
    return site.replaced(by: heads.split(query.crossAttention(packed, mask: site.input(3), heads: heads.count)))
  }
}

/// Query, key and value of attention as heads of projections.
private struct AttentionHeads {
  var count: Int
  var width: Int
  private var operands: [Viewed] = []
  private var layouts: [ProjectionLayout] = []

  /// nil where they are something else, which the log then says.
  init?(_ site: RewriteSite) {
    guard let op = site.op(ScaledDotProductAttention.self), let shape = site.output()?.shape,
      let count = shape[1].constant, let width = shape[3].constant, count > 0, width > 0
    else { return nil }
    (self.count, self.width) = (count, width)
    for position in 0..<3 {
      guard let input = site.input(position) else { return nil }
      let operand = site.viewed(input, parts: true)
      guard let layout = ProjectionLayout(operand, input.shape) else {
        site.decline("input \(position) of the attention is no projection that was split into heads")
        return nil
      }
      operands.append(operand)
      layouts.append(layout)
    }
    let scale = op.scale * operands[0].factor * operands[1].factor
    guard SelfAttention.isScale(scale, ofWidth: width), operands[2].factor == 1 else {
      site.decline("the scale \(scale) is not width^−½ of the width \(width), or the value is scaled")
      return nil
    }
  }

  /// These operands beside each other [B, L, n · D]; nil where they do not come from one tensor, and cannot be made to.
  func packed(_ range: Range<Int>, _ site: RewriteSite) -> Tensor? {
    let size = Dimension(count * width)
    let (sources, layouts) = (operands[range].map(\.source), Array(layouts[range]))
    guard ProjectionLayout.agree(layouts), let layout = layouts.first(where: \.isSequenceFirst) ?? layouts.first else {
      site.decline("batch and tokens lie in several orders")
      return nil
    }
    if Set(sources.map(\.id)).count == 1 {
      guard sources[0].shape[-1] == size * Dimension(range.count),
        layouts.enumerated().allSatisfy({ $1.offset == Dimension($0) * size })
      else {
        site.decline("the parts of the projection are not the attention's, in order")
        return nil
      }
      return layout.batchFirst(sources[0], site)
    }
    guard layouts.allSatisfy({ $0.offset == 0 }), sources.allSatisfy({ $0.shape[-1] == size }),
      operands[range].allSatisfy({ site.isPrivate($0) }), let projection = site.packed(sources)
    else {
      site.decline("query, key and value come from several projections")
      return nil
    }
    return layout.batchFirst(projection, site)
  }

  /// [B, L, D] → [B, H, L, Dh]
  func split(_ x: Tensor) -> Tensor {
    x.reshaped(shape: x.builder.constant([0, 0, count, width])).transposed([0, 2, 1, 3])
  }
}

extension SelfAttention {
  /// Whether a scale is width^−½, as float32 or as half precision and bfloat16 round it, or its root on both operands.
  static func isScale(_ scale: Float, ofWidth width: Int) -> Bool {
    let exact = Float(1 / Double(width).squareRoot())
    return exact.narrowed.contains { scale.isNearly($0) }
      || exact.squareRoot().narrowed.contains { scale.isNearly($0 * $0) }
  }
}
