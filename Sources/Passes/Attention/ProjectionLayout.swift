import Graphs
import Operators
import Tensors

/// How heads [B, H, L, Dh] lie in a projection [B, L, W], or [L, B, W], or one with batch and tokens on one axis.
struct ProjectionLayout {
  /// Where the heads begin in a row of the projection.
  var offset: Dimension
  var isSequenceFirst: Bool
  private let shape: Shape

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
    (self.shape, offset) = (shape, view.offset)
    if tokensFit(row), batchFits(row * shape[2]) {
      isSequenceFirst = false
    } else if batchFits(row), tokensFit(row * shape[0]) {
      isSequenceFirst = true
    } else {
      return nil
    }
  }

  /// The projection of this layout, or one beside it, as [B, L, W].
  func batchFirst(_ projection: Tensor, _ site: RewriteSite) -> Tensor? {
    let (batch, tokens, row) = (shape[0], shape[2], projection.shape[-1])
    guard isSequenceFirst else { return site.reshaped(projection, to: [batch, tokens, row]) }
    return site.reshaped(projection, to: [tokens, batch, row])?.transposed([1, 0, 2])
  }

  /// Whether several lie in one projection in the same order of batch and tokens.
  static func agree(_ layouts: [ProjectionLayout]) -> Bool {
    guard let first = layouts.first else { return false }
    return layouts.allSatisfy { $0.isSequenceFirst == first.isSequenceFirst } || first.shape[0] == 1
      || first.shape[2] == 1
  }
}
