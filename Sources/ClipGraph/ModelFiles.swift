import Autodiff
import Graphs
import ONNX
import Operators

/// Reads a graph file.
///
/// - Parameter trustedRoot: a directory beneath which external data may lie by way of symbolic links; without one, links
///   are refused.
/// - Throws: `ClipGraphError` for a file that is missing, damaged, or uses what is not supported.
public func readModel(_ path: String, trustedRoot: String? = nil) throws(ClipGraphError) -> Model {
  var options = ReadOptions()
  options.trustedRoot = trustedRoot
  return try explaining(path) { try Model(contentsOf: path, catalogue: .withGradients, options: options) }
}

/// Writes a graph file, complete or not at all.
///
/// - Parameters:
///   - opset: the version of the standard whose operators the file is spelt in.
///   - functions: keeps operators that the standard lacks, as calls of functions that the file defines in operators of the
///     standard; without it, they are spelt out.
///   - externalData: puts the weights into `PATH.data`; from 1 GiB on they go there in any case.
///   - dataName: another name for the data file, in the same directory.
public func writeModel(
  _ model: Model, to path: String, opset: Int = 17, functions: Bool = false, externalData: Bool = false,
  dataName: String? = nil
) throws(ClipGraphError) {
  try explaining(path) {
    var options = WriteOptions(opset: opset, expandsInference: !functions)
    if externalData { options.weights = .external }
    options.dataName = dataName
    try model.spelt(opset: opset).write(to: path, options: options)
  }
}
