import Foundation
import ONNX
import Tensors

/// Inputs of a test and the outputs that they must lead to, in the order of the graph's.
struct DataSet {
  var inputs: [NDArray]
  var outputs: [NDArray]

  /// The folders `test_data_set_0`, `test_data_set_1` … of a test.
  static func all(of directory: URL) throws -> [DataSet] {
    var sets: [DataSet] = []
    while true {
      let folder = directory.appendingPathComponent("test_data_set_\(sets.count)")
      guard FileManager.default.fileExists(atPath: folder.path) else { break }
      sets.append(DataSet(inputs: try arrays("input", in: folder), outputs: try arrays("output", in: folder)))
    }
    guard !sets.isEmpty else { throw Mismatch("there are no data to test with") }
    return sets
  }

  private static func arrays(_ kind: String, in folder: URL) throws -> [NDArray] {
    var arrays: [NDArray] = []
    while true {
      let file = folder.appendingPathComponent("\(kind)_\(arrays.count).pb")
      guard FileManager.default.fileExists(atPath: file.path) else { return arrays }
      arrays.append(try NDArray(tensorProto: [UInt8](Data(contentsOf: file))))
    }
  }
}
