import Graphs
import ONNX
import Operators

/// Reads a graph file.
///
/// - Throws: `ClipGraphError` for a file that is missing, damaged, or uses what is not supported.
public func readModel(_ path: String) throws(ClipGraphError) -> Model {
  try explaining(path) { try Model(contentsOf: path, catalogue: .standard) }
}

/// Writes a graph file: standard operators of `opset`, complete or not at all.
///
/// - Parameter externalData: puts the weights into `PATH.data`; from 1 GiB on they go there in any case.
public func writeModel(
  _ model: Model, to path: String, opset: Int = 17, externalData: Bool = false
) throws(ClipGraphError) {
  try explaining(path) {
    var options = WriteOptions(opset: opset)
    if externalData { options.weights = .external }
    try model.write(to: path, options: options)
  }
}
