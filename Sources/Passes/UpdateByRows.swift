import Graphs
import Operators
import Tensors

/// AdamW reads the gradient of a table of which rows were read as those rows: the table of its zeros is not made.
struct UpdateByRows: RewriteRule {
  let roots: [any Operator.Type] = [AdamW.self]

  func rewrite(_ site: RewriteSite) -> Replacement? {
    guard let gradient = site.input(1), site.input(10) == nil, let rows = site.rowsAdded(gradient) else { return nil }
    let inputs = (0..<10).map { $0 == 1 ? rows.gradient : site.input($0) }
    let results = site.builder.apply(AdamW(), inputs + [rows.indices], outputs: 3)
    return Replacement(
      zip(site.node.outputs, results).compactMap { output, result in output.map { ($0, result) } })
  }
}

/// Gradients that are added up take those of rows where they belong.
struct SumByRows: RewriteRule {
  let roots: [any Operator.Type] = [Add.self]

  func rewrite(_ site: RewriteSite) -> Replacement? {
    guard let sum = site.output() else { return nil }
    for (position, other) in [(1, 0), (0, 1)] {
      guard let addend = site.input(position), let base = site.input(other), base.type == sum.type,
        addend.type == sum.type, let rows = site.rowsAdded(addend)
      else { continue }
      return site.replaced(
        by: base.scatterND(rows.indices.unsqueezed([rows.indices.rank]), rows.gradient, adding: true))
    }
    return nil
  }
}

extension RewriteSite {
  /// What `tensor` is the sum of, where it is a `GatherGradient` for this node alone: gradients of rows [indices…, …] and
  /// the indices of these rows.
  fileprivate func rowsAdded(_ tensor: Tensor) -> (gradient: Tensor, indices: Tensor)? {
    guard let maker = maker(tensor, GatherGradient.self), let gradient = maker.site.input(0),
      let indices = maker.site.input(1)
    else { return nil }
    guard maker.op.axis == 0 || maker.op.axis == -tensor.rank else {
      decline("\(tensor.name) is the gradient of other slices than rows")
      return nil
    }
    guard isReadOnce(tensor) else {
      decline("the gradient \(tensor.name) has another user")
      return nil
    }
    return (gradient, indices)
  }
}
