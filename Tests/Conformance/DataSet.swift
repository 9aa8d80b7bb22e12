import Foundation
import ONNX
import Tensors

/// Inputs of a test by name, and the outputs that they must lead to, in the order of the graph's.
struct DataSet {
  var inputs: [String: NDArray]
  var outputs: [NDArray]

  /// The folders `test_data_set_0`, `test_data_set_1` … of a test.
  static func all(of directory: URL) throws -> [DataSet] {
    var sets: [DataSet] = []
    while true {
      let folder = directory.appendingPathComponent("test_data_set_\(sets.count)")
      guard FileManager.default.fileExists(atPath: folder.path) else { break }
      let inputs = try tensors("input", in: folder)
      guard Set(inputs.map(\.name)).count == inputs.count else { throw Mismatch("two inputs bear one name") }
      let byName = Dictionary(uniqueKeysWithValues: inputs.map { ($0.name, $0.array) })
      sets.append(DataSet(inputs: byName, outputs: try tensors("output", in: folder).map(\.array)))
    }
    guard !sets.isEmpty else { throw Mismatch("there are no data to test with") }
    return sets
  }

  private static func tensors(_ kind: String, in folder: URL) throws -> [(name: String, array: NDArray)] {
    var tensors: [(name: String, array: NDArray)] = []
    while true {
      let file = folder.appendingPathComponent("\(kind)_\(tensors.count).pb")
      guard FileManager.default.fileExists(atPath: file.path) else { return tensors }
      tensors.append(try NDArray.named(tensorProto: [UInt8](Data(contentsOf: file))))
    }
  }
}
