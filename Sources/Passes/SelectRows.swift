import Graphs
import Operators
import Tensors

/// Where one token of every sequence is read, what follows the attention is computed for that token alone: the choice of a row
/// sinks through everything that treats rows alike, and attention asks with one query.
///
/// Row by row nothing changes, so the numbers stay the same to the last bit.
struct SelectRows: RewriteRule {
  let roots: [any Operator.Type] = [Gather.self, GatherND.self]

  func rewrite(_ site: RewriteSite) -> Replacement? {
    guard let rows = RowSelection(site), let x = site.input(0), let maker = site.maker(x) else { return nil }
    guard !site.isRoot(x), site.users(of: x).allSatisfy({ RowSelection($0)?.index.id == rows.index.id }) else {
      return site.decline("\(x.name) is read as a whole, too")
    }
    guard maker.node.outputs.first == x.id, maker.node.outputs.dropFirst().allSatisfy({ isUnread($0, site) }) else {
      return site.decline("\(maker.node.name) gives more than \(x.name)")
    }
    if let op = maker.op(SelfAttention.self) { return site.replaced(by: asking(op, maker, rows)) }
    guard let inputs = selected(maker, rows, like: x) else {
      return site.decline("\(maker.node.op.name) does not treat rows alike")
    }
    return site.replaced(by: site.builder.apply(maker.node.op, inputs, outputs: 1)[0])
  }

  private func isUnread(_ id: ValueID?, _ site: RewriteSite) -> Bool {
    guard let id else { return true }
    let tensor = Tensor(site.builder, id)
    return site.users(of: tensor).isEmpty && !site.isRoot(tensor)
  }

  /// The operands for the chosen rows; nil where the operator mixes rows.
  private func selected(_ maker: RewriteSite, _ rows: RowSelection, like x: Tensor) -> [Tensor?]? {
    let positions: [Int]
    switch maker.node.op {
    case is Linear: positions = [0, 3]
    case let op as LayerNormalization where op.axis == -1 || op.axis == 2: positions = [0]
    case is Gelu, is QuickGelu, is Relu, is Sigmoid, is Tanh: positions = [0]
    case is Add, is Mul, is Sub: positions = [0, 1]
    default: return nil
    }
    var inputs: [Tensor?] = []
    for index in maker.node.inputs.indices {
      guard let input = maker.input(index), positions.contains(index) else {
        inputs.append(maker.input(index))
        continue
      }
      if input.rank == 3 && input.shape[0] == x.shape[0] && input.shape[1] == x.shape[1] {
        inputs.append(rows.of(input))
      } else if input.rank <= 1 && index > 0 || input.rank == 0 {
        inputs.append(input)
      } else {
        return nil
      }
    }
    return inputs
  }

  /// Attention of the chosen tokens to all that they see.
  private func asking(_ op: SelfAttention, _ maker: RewriteSite, _ rows: RowSelection) -> Tensor? {
    guard !op.guarded, let packed = maker.input(0), maker.isReadOnce(packed),
      let linear = maker.maker(packed, Linear.self), linear.op.activation == .none, linear.site.input(3) == nil,
      let x = linear.site.input(0), let width = packed.shape[2].constant,
      let parts = maker.parts(of: linear.site, [width / 3, 2 * (width / 3)])
    else {
      maker.decline("the attention is not on a projection of constants that it alone reads")
      return nil
    }
    var mask: Tensor?
    if let all = maker.input(1) {
      mask = rows.ofMask(all, batch: x.shape[0])
      if mask == nil {
        maker.decline("the mask \(all.shape) differs from head to head")
        return nil
      }
    }
    if op.causal {
      guard let hidden = rows.hidden(of: x) else {
        maker.decline("what a fixed token sees of a sequence is not known")
        return nil
      }
      mask = mask.map { $0 + hidden } ?? hidden
    }
    return parts[0](rows.of(x)).unsqueezed([1]).crossAttention(parts[1](x), mask: mask, heads: op.heads).squeezed([1])
  }
}

/// One row of the second axis for every element of a batch. [B, L, D] → [B, D]
private struct RowSelection {
  /// A number for all, or one for each [B, 1].
  let index: Tensor
  private let isShared: Bool

  init?(_ site: RewriteSite) {
    guard let x = site.input(0), x.rank == 3, let index = site.input(1) else { return nil }
    if site.op(Gather.self)?.axis == 1, index.rank == 0 {
      isShared = true
    } else if site.op(GatherND.self)?.batchDimensions == 1, index.rank == 2, index.shape[1] == 1 {
      isShared = false
    } else {
      return nil
    }
    self.index = index
  }

  func of(_ x: Tensor) -> Tensor {
    isShared ? x.gather(index, axis: 1) : x.gatherND(index, batchDimensions: 1)
  }

  /// The chosen rows of what is added to scores: [..., L, L] → [..., 1, L]; nil where it differs from head to head.
  func ofMask(_ mask: Tensor, batch: Dimension) -> Tensor? {
    guard mask.rank >= 2 else { return mask }
    if mask.shape[-2] == 1 { return mask }
    if isShared { return mask.gather(index.unsqueezed([0]), axis: mask.rank - 2) }
    let leading = mask.shape.dimensions.dropLast(2)
    if leading.allSatisfy({ $0 == 1 }) {
      let plain = leading.isEmpty ? mask : mask.squeezed(Array(leading.indices))
      return plain.gather(index.squeezed([1]), axis: 0).unsqueezed([1, 2])
    }
    guard leading.count == 2, leading[0] == batch, leading[1] == 1 else { return nil }
    return of(mask.squeezed([1])).unsqueezed([1, 2])
  }

  /// −∞ for what lies behind the chosen token [B, 1, 1, L], 0 elsewhere; nil for a number for all.
  func hidden(of x: Tensor) -> Tensor? {
    if isShared { return nil }
    let builder = x.builder
    let counted = builder.range(
      builder.constant(NDArray(Int64(0))), x.dimension(1).squeezed([0]), builder.constant(NDArray(Int64(1))))
    let isSeen = counted.lessOrEqual(to: index.cast(to: .int64))
    return isSeen.select(builder.constant(NDArray(Float(0))), builder.constant(NDArray(-Float.infinity)))
      .unsqueezed([1, 2])
  }
}
