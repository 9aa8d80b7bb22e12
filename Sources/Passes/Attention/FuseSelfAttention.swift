import Graphs
import Operators
import Tensors

/// Recognises multi-head attention of a sequence to itself: query, key and value are the thirds of one projection, or three
/// projections of the same, split into heads, wherever batch, tokens and heads lie.
public struct FuseSelfAttention: RewriteRule {
  public let roots: [any Operator.Type] = [ScaledDotProductAttention.self]

  public init() {}

  public func rewrite(_ site: RewriteSite) -> Replacement? {
    guard let op = site.op(ScaledDotProductAttention.self), let y = site.output(), let id = y.id,
      let heads = y.shape[1].constant, let width = y.shape[3].constant, heads > 0, width > 0
    else { return nil }
    let operands = (0..<3).compactMap { site.input($0).map { site.viewed($0, parts: true) } }
    guard operands.count == 3, operands[2].factor == 1 else { return nil }
    guard site.input(1)?.shape == y.shape else { return site.decline("there are other keys than queries") }
    guard SelfAttention.isScale(op.scale * operands[0].factor * operands[1].factor, ofWidth: width) else {
      return site.decline("the scale \(op.scale) is not width^−½ of the width \(width)")
    }
    var layouts: [Layout] = []
    for (position, operand) in operands.enumerated() {
      guard let layout = Layout(operand, y.shape) else {
        return site.decline("input \(position) of the attention is no projection that was split into heads")
      }
      layouts.append(layout)
    }
    guard Set(layouts.map(\.isSequenceFirst)).count == 1 || y.shape[0] == 1 || y.shape[2] == 1 else {
      return site.decline("batch and tokens lie in several orders")
    }
    let size = Dimension(heads * width)
    let sources = operands.map(\.source)
    let projection: Tensor?
    if Set(sources.map(\.id)).count == 1 {
      guard sources[0].shape[-1] == size * 3, layouts.enumerated().allSatisfy({ $1.offset == Dimension($0) * size })
      else { return site.decline("the thirds are not in the order q, k, v") }
      projection = sources[0]
    } else {
      guard layouts.allSatisfy({ $0.offset == 0 }), sources.allSatisfy({ $0.shape[-1] == size }),
        operands.allSatisfy({ site.isPrivate($0) })
      else { return site.decline("query, key and value come from several projections that others read") }
      projection = site.packed(sources)
    }
    guard let projection else { return site.decline("query, key and value come from several projections") }
    let isSequenceFirst = layouts.contains(where: \.isSequenceFirst)
    let (batch, tokens) = (y.shape[0], y.shape[2])
    let shape: Shape = isSequenceFirst ? [tokens, batch, size * 3] : [batch, tokens, size * 3]
    guard var packed = site.reshaped(projection, to: shape) else { return nil }
    if isSequenceFirst { packed = packed.transposed([1, 0, 2]) }
    let fused = SelfAttention(heads: heads, causal: op.causal, guarded: op.guarded)
    let logSumExp = site.output(1).flatMap { !site.users(of: $0).isEmpty || site.isRoot($0) ? $0.id : nil }
    let results = site.builder.apply(fused, [packed, site.input(3)], outputs: logSumExp == nil ? 1 : 2)
    let merged = results[0].reshaped(shape: site.builder.constant([0, 0, heads, width])).transposed([0, 2, 1, 3])
    return Replacement([(id, merged)] + (logSumExp.map { [($0, results[1])] } ?? []))
  }

  /// How [B, H, L, Dh] lies in a projection [B, L, W], or [L, B, W].
  private struct Layout {
    /// Where it begins in a row of the projection.
    var offset: Dimension
    var isSequenceFirst: Bool

    init?(_ operand: Viewed, _ shape: Shape) {
      let (source, view) = (operand.source.shape, operand.view)
      let digits = (0..<4).compactMap { view.digit($0) }
      guard source.rank >= 1, digits.count == 4, let width = shape[3].constant,
        shape[3] == 1 || digits[3].stride == 1, shape[1] == 1 || digits[1].stride == Dimension(width),
        source.elementCount == shape[0] * shape[2] * source[-1]
      else { return nil }
      let (batch, tokens, row) = (digits[0].stride, digits[2].stride, source[-1])
      let batchFits = { (stride: Dimension) in shape[0] == 1 || batch == stride }
      let tokensFit = { (stride: Dimension) in shape[2] == 1 || tokens == stride }
      offset = view.offset
      if tokensFit(row), batchFits(row * shape[2]) {
        isSequenceFirst = false
      } else if batchFits(row), tokensFit(row * shape[0]) {
        isSequenceFirst = true
      } else {
        return nil
      }
    }
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
