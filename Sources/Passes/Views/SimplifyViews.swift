import Graphs
import Operators
import Tensors

/// A chain of movements that keep all elements is the shortest one that does the same: nothing, a Reshape, a Transpose, or
/// those one after the other.
struct SimplifyViews: RewriteRule {
  let roots: [any Operator.Type] = [Reshape.self, Transpose.self, Squeeze.self, Unsqueeze.self]

  func rewrite(_ site: RewriteSite) -> Replacement? {
    guard let y = site.output(), y.contents == nil else { return nil }
    let viewed = site.viewed(y, parts: false)
    guard viewed.steps.count > 1 else { return nil }
    // Steps that others read stay.
    let shared = viewed.steps.dropFirst().firstIndex { $0.output().map { !site.isReadOnce($0) } ?? true }
    let removed = shared ?? viewed.steps.count
    guard let moves = viewed.view.moves(from: viewed.source.shape, to: y.shape) else { return nil }
    let count = moves.count(from: viewed.source.shape)
    guard count == 0 || count < removed else { return nil }
    return site.replaced(by: site.moved(viewed.source, moves))
  }
}
