import Graphs
import Operators
import Tensors

/// Products of rows that belong to one sample with the weights of the graph take Strassen's method
/// (`Linear.strassen`): rows [samples, rows, K], with as many rows in every sample, so that what a sample gives does not
/// depend on what is beside it. Rows of captions that are cut differ in number from batch to batch, and stay as they are.
struct StrassenProducts: RewriteRule {
  let roots: [any Operator.Type] = [Linear.self]

  func rewrite(_ site: RewriteSite) -> Replacement? {
    guard let linear = site.op(Linear.self), !linear.strassen, let x = site.input(0), let weight = site.input(1),
      x.rank >= 3
    else { return nil }
    guard x.shape[-2].constant != nil else { return site.decline("\(x.name) has rows that differ in number") }
    guard x.shape.dimensions.dropLast(2).allSatisfy({ $0.constant == nil || $0.constant == 1 }) else {
      return site.decline("\(x.name) may hold rows of several samples side by side")
    }
    guard site.isInitializer(weight) else { return site.decline("\(weight.name) is no weight") }
    var op = linear
    op.strassen = true
    let outputs = site.builder.apply(
      op, site.node.inputs.indices.map { site.input($0) }, outputs: site.node.outputs.count)
    return Replacement(zip(site.node.outputs, outputs).compactMap { old, new in old.map { ($0, new) } })
  }
}
