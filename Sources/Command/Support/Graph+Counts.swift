import Graphs
import Tensors

extension Graph {
  /// Elements of all floating-point initializers.
  var parameterCount: Int { constants.values.reduce(0) { $0 + ($1.scalar.isFloat ? $1.count : 0) } }

  /// Bytes of all initializers.
  var constantByteCount: Int { constants.values.reduce(0) { $0 + $1.byteCount } }

  /// How often each operator is used, most often first.
  var operatorCounts: [(name: String, count: Int)] {
    let counts = nodes.reduce(into: [String: Int]()) { $0[$1.op.name, default: 0] += 1 }
    return counts.map { (name: $0.key, count: $0.value) }.sorted { ($1.count, $0.name) < ($0.count, $1.name) }
  }
}
