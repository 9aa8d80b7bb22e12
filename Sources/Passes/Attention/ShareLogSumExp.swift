import Graphs
import Operators
import Tensors

/// Where a graph holds attention and its gradient, forward gives log Σ exp of the scores as its second output, and backward
/// reads it instead of computing it again.
struct ShareLogSumExp: RewriteRule {
  let roots: [any Operator.Type] = [SelfAttentionGradient.self]

  func rewrite(_ site: RewriteSite) -> Replacement? {
    guard let op = site.op(SelfAttentionGradient.self), let packed = site.input(0), let output = site.input(1),
      let seed = site.input(2), site.input(3) == nil, let dpacked = site.output()?.id
    else { return nil }
    guard let forward = site.maker(output, SelfAttention.self), forward.site.input(0)?.id == packed.id,
      forward.site.input(1) == nil,
      forward.op == SelfAttention(heads: op.heads, causal: op.causal), let old = output.id
    else { return site.decline("its forward is not in the graph") }
    if let known = forward.site.output(1) {
      return site.replaced(
        by: packed.selfAttentionGradient(
          output: output, seed, logSumExp: known, heads: op.heads, causal: op.causal))
    }
    let results = packed.selfAttentionWithLogSumExp(heads: op.heads, causal: op.causal)
    let gradient = packed.selfAttentionGradient(
      output: results.output, seed, logSumExp: results.logSumExp, heads: op.heads, causal: op.causal)
    return Replacement([(old, results.output), (dpacked, gradient)])
  }
}
