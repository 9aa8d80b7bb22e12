import CLIPModel
import Graphs
import Tensors

extension Graph {
  /// Elements of all floating-point initializers but the constants of formulas (single numbers that bear a node's name) and
  /// the statistics of batch normalisation.
  var parameterCount: Int {
    constants.reduce(0) { sum, constant in
      let name = self[constant.key].name
      let isParameter =
        constant.value.scalar.isFloat && (constant.value.count > 1 || !name.contains("/"))
        && !CLIPConfiguration.isStatistic(name)
      return isParameter ? sum + constant.value.count : sum
    }
  }

  /// Bytes of all initializers.
  var constantByteCount: Int { constants.values.reduce(0) { $0 + $1.byteCount } }

  /// How often each operator is used, most often first.
  var operatorCounts: [(name: String, count: Int)] {
    let counts = nodes.reduce(into: [String: Int]()) { $0[$1.op.name, default: 0] += 1 }
    return counts.map { (name: $0.key, count: $0.value) }.sorted { ($1.count, $0.name) < ($0.count, $1.name) }
  }
}
