import Autodiff
import Graphs
import ONNX
import Tensors

/// Reads a graph file for inputs that are known: where shapes or attributes depend on them, the numbers of as few small
/// inputs as possible become constants of the graph.
///
/// - Returns: the model, and the inputs that it still takes.
/// - Throws: `ClipGraphError` as `readModel`.
public func readModel(
  _ path: String, given inputs: [String: NDArray], trustedRoot: String? = nil
) throws(ClipGraphError) -> (model: Model, inputs: [String: NDArray]) {
  func read(_ given: [String: NDArray]) throws(ClipGraphError) -> (model: Model, inputs: [String: NDArray]) {
    var options = ReadOptions()
    options.given = given
    options.trustedRoot = trustedRoot
    let model = try explaining(path) { try Model(contentsOf: path, catalogue: .withGradients, options: options) }
    return (model, inputs.filter { given[$0.key] == nil })
  }
  if let plain = try? read([:]) { return plain }
  var given = inputs.filter { $0.value.count <= decidingLimit }
  var best = try read(given)
  for name in given.keys.sorted() {
    var fewer = given
    fewer[name] = nil
    guard let simpler = try? read(fewer) else { continue }
    (given, best) = (fewer, simpler)
  }
  return best
}

/// Elements that an input which decides shapes has at most.
private let decidingLimit = 64
