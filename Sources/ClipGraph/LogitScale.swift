import Foundation
import Graphs
import Operators
import Tensors

/// What a graph multiplies cosines with.
enum LogitScale {
  /// CLIP's largest scale, at which its training ends up (Radford et al. 2021).
  static let usual: Float = 100

  /// An initializer with a scale.
  struct Stored {
    var id: ValueID
    var name: String
    /// The scale itself.
    var value: Float
    var isLogarithm: Bool
  }

  /// The scale in an initializer called `logit_scale`: a logarithm where the graph takes the exponential of it.
  static func stored(in graph: Graph) -> Stored? {
    let named = graph.constants.filter { id, array in
      let name = graph[id].name
      return array.count == 1 && (name == "logit_scale" || name.hasSuffix(".logit_scale"))
    }
    guard let (id, array) = named.min(by: { $0.key < $1.key }), let number = array.doubles?.first else { return nil }
    var same: Set<ValueID> = [id]
    var isRead = false
    for node in graph.nodes {
      guard let input = node.inputs.first, let input, same.contains(input) else {
        isRead = isRead || node.inputs.contains { $0.map(same.contains) ?? false }
        continue
      }
      switch node.op {
      case is Exp: return Stored(id: id, name: graph[id].name, value: Float(exp(number)), isLogarithm: true)
      case is Cast, is Reshape, is Squeeze, is Unsqueeze: same.formUnion(node.outputs.compactMap { $0 })
      default: isRead = true
      }
    }
    return Stored(
      id: id, name: graph[id].name, value: Float(isRead ? number : exp(number)), isLogarithm: !isRead)
  }

  /// The slope of logits over cosines, [images][texts] both; nil where the cosines hardly differ.
  static func slope(logits: [[Float]], cosines: [[Float]]) -> Float? {
    let (x, y) = (cosines.joined().map(Double.init), logits.joined().map(Double.init))
    guard x.count == y.count, x.count > 1, (x + y).allSatisfy(\.isFinite) else { return nil }
    // Without a bias, every quotient is the scale.
    let through = zip(x, y).reduce(0) { $0 + $1.0 * $1.1 } / x.reduce(0) { $0 + $1 * $1 }
    let worst = zip(x, y).map { abs($1 - through * $0) }.max() ?? .infinity
    if worst <= 1e-3 * (y.map(abs).max() ?? 0) { return through > 0 ? Float(through) : nil }
    let (meanX, meanY) = (x.reduce(0, +) / Double(x.count), y.reduce(0, +) / Double(y.count))
    let spread = x.reduce(0) { $0 + ($1 - meanX) * ($1 - meanX) }
    guard spread > 1e-8 else { return nil }
    let slope = zip(x, y).reduce(0) { $0 + ($1.0 - meanX) * ($1.1 - meanY) } / spread
    return slope > 0 && slope.isFinite ? Float(slope) : nil
  }
}
