import Graphs
import Operators
import Tensors

/// What the scores of attention are made of: scale · Q Kᵀ + masks, on four axes, or on three with batch and heads on one.
struct AttentionScores {
  var query: Tensor
  /// [B, H, Dh, Lk]
  var transposedKey: Tensor
  var scale: Float = 1
  var mask: Tensor?
  var causal = false
  /// Batch and heads, where something on the way had them apart.
  var groups: (batch: Dimension, heads: Dimension)?
  /// Whether masks leave something to see for every query.
  var seesSomething = true

  /// Takes `tensor` apart; nil where it is something else or is read by others.
  init?(_ tensor: Tensor, _ causalMask: CausalMask, _ site: RewriteSite) {
    guard site.isReadOnce(tensor) else {
      site.decline("the scores \(tensor.name) have another user")
      return nil
    }
    guard let maker = site.maker(tensor), let a = maker.input(0), let b = maker.input(1) else { return nil }
    switch maker.node.op {
    case is MatMul: self.init(query: a, transposedKey: b)
    case is Mul, is Div:
      guard let part = maker.scaled() else { return nil }
      self.init(part.x, causalMask, site)
      guard mask == nil, !causal else { return nil }
      scale *= part.factor
    case is Reshape:
      guard a.rank == 3 || a.rank == 4, tensor.rank == 3 || tensor.rank == 4, a.shape[-1] == tensor.shape[-1],
        a.shape[-2] == tensor.shape[-2]
      else { return nil }
      self.init(a, causalMask, site)
      let apart = a.rank == 4 ? a.shape : tensor.shape
      if groups == nil, apart.rank == 4 { groups = (apart[0], apart[1]) }
    case is Add:
      // The mask may be either operand.
      let isSecond = AttentionScores.leadsToProduct(a, site)
      guard isSecond || AttentionScores.leadsToProduct(b, site) else { return nil }
      self.init(isSecond ? a : b, causalMask, site)
      guard add(isSecond ? b : a, to: tensor.shape, causalMask, site) else { return nil }
    case is Where:
      // Far enough below every score, what is put in its place is as good as added to it.
      guard let c = maker.input(2) else { return nil }
      let isSecond = AttentionScores.leadsToProduct(b, site)
      guard isSecond || AttentionScores.leadsToProduct(c, site), let hidden = (isSecond ? c : b).scalarNumber,
        hidden < -1e30
      else { return nil }
      self.init(isSecond ? b : c, causalMask, site)
      let (zero, fill) = (site.builder.constant(0), site.builder.constant(hidden))
      let added = site.unexpanded(a, keeping: tensor.shape[-1]).select(isSecond ? zero : fill, isSecond ? fill : zero)
      guard add(added, to: tensor.shape, causalMask, site) else { return nil }
    default: return nil
    }
  }

  private init(query: Tensor, transposedKey: Tensor) { (self.query, self.transposedKey) = (query, transposedKey) }

  /// Takes in what is added to scores of this shape; false where it does not fit.
  private mutating func add(_ given: Tensor, to shape: Shape, _ causalMask: CausalMask, _ site: RewriteSite) -> Bool {
    guard let added = onFourAxes(site.unexpanded(given, keeping: shape[-1]), of: shape, site) else {
      site.decline("the mask \(given.name) has a group of its own for each head")
      return false
    }
    if !causal, causalMask.isCausal(added, queries: shape[-2], keys: shape[-1], site) {
      causal = true
    } else {
      seesSomething = seesSomething && AttentionScores.leavesSomething(added, site)
      mask = mask.map { $0 + added } ?? added
    }
    return true
  }

  /// The mask as it broadcasts to [B, H, Lq, Lk]; nil where three axes hide what is whose.
  private mutating func onFourAxes(_ mask: Tensor, of shape: Shape, _ site: RewriteSite) -> Tensor? {
    if shape.rank == 4 || mask.rank < 3 { return mask }
    if mask.shape[0] == 1 { return site.reshaped(mask, to: [mask.shape[1], mask.shape[2]]) }
    let apart = site.viewed(mask, parts: false).source
    guard apart.rank == 4, mask.shape[0] == shape[0], apart.shape[-1] == shape[-1], apart.shape[-2] == mask.shape[-2],
      groups.map({ apart.shape[0] == $0.batch && apart.shape[1] == $0.heads }) ?? true
    else { return nil }
    groups = (apart.shape[0], apart.shape[1])
    return site.unexpanded(apart, keeping: shape[-1])
  }

  /// Factors of the query and the key become the scale's.
  mutating func takeFactors(_ site: RewriteSite) {
    if let part = AttentionScores.unscaled(query, site) {
      query = part.x
      scale *= part.factor
    }
    if let part = AttentionScores.unscaled(transposedKey, site) {
      transposedKey = part.x
      scale *= part.factor
    }
  }

  /// Whether a chain of factors and masks begins with a product of matrices.
  static func leadsToProduct(_ tensor: Tensor, _ site: RewriteSite) -> Bool {
    var pending = [tensor]
    for _ in 0..<16 {
      guard let next = pending.popLast() else { return false }
      guard (3...4).contains(next.rank), let maker = site.maker(next), let a = maker.input(0) else { continue }
      switch maker.node.op {
      case is MatMul: return true
      case is Mul, is Div: pending += maker.scaled().map { [$0.x] } ?? []
      case is Reshape: pending.append(a)
      case is Add: pending += [maker.input(1), a].compactMap { $0 }
      case is Where: pending += [maker.input(2), maker.input(1)].compactMap { $0 }
      default: continue
      }
    }
    return false
  }

  /// x · factor for an operand that is read once; movements in between stay on the operand.
  private static func unscaled(_ tensor: Tensor, _ site: RewriteSite) -> (x: Tensor, factor: Float)? {
    var (movements, current) = ([Movement](), tensor)
    while site.isReadOnce(current), movements.count < 16 {
      if let part = site.maker(current).flatMap({ $0.node.op is Mul || $0.node.op is Div ? $0.scaled() : nil }) {
        var x: Tensor? = part.x
        for movement in movements.reversed() {
          x = x.flatMap { site.moved($0, by: movement, to: movement.result.shape) }
        }
        return x.map { ($0, part.factor) }
      }
      guard let movement = site.movement(current) else { return nil }
      movements.append(movement)
      current = movement.source
    }
    return nil
  }

  /// Whether numbers that are added leave every query something to see: they are finite, or known.
  private static func leavesSomething(_ mask: Tensor, _ site: RewriteSite) -> Bool {
    if let numbers = mask.numbers, numbers.scalar == .float32 {
      let keys = max(numbers.sizes.last ?? 1, 1)
      let values = numbers.values(as: Float.self)
      return stride(from: 0, to: values.count, by: keys).allSatisfy { row in
        values[row..<row + keys].contains { $0.isFinite }
      }
    }
    guard let choice = site.maker(mask, Where.self) else { return false }
    return [1, 2].allSatisfy { choice.site.input($0)?.scalarNumber?.isFinite ?? false }
  }
}

extension RewriteSite {
  /// What `tensor` repeats, where that has the last axis in full and broadcasts as well.
  func unexpanded(_ tensor: Tensor, keeping last: Dimension) -> Tensor {
    guard let maker = maker(tensor, Expand.self), let x = maker.site.input(0), x.rank >= 1, x.shape[-1] == last else {
      return tensor
    }
    return x
  }
}
