import ClipGraph
import Foundation
import Graphs
import ONNX
import Operators
import Tensors

/// One official test: a model of one operator (or of the body of one), and what it must answer.
struct OfficialTest {
  /// In how many ways a model is run.
  enum Way: String, CaseIterable {
    /// Node by node.
    case plain
    /// After the passes for inference.
    case optimised
    /// Written by us and read again.
    case reread = "re-read"
  }

  /// Heads the row of the table.
  let group: String
  let name: String
  let directory: URL?

  /// The tests of a list, a line each: the group and the name.
  ///
  /// - Parameter data: ONNX's folder `backend/test/data`.
  static func list(_ path: String, data: String) throws -> [OfficialTest] {
    let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
    return lines.compactMap { line in
      let words = line.split(separator: " ").map(String.init)
      guard words.count == 2 else { return nil }
      let places = ["node", "simple"].map { URL(fileURLWithPath: data).appendingPathComponent("\($0)/\(words[1])") }
      let found = places.first { FileManager.default.fileExists(atPath: $0.path) }
      return OfficialTest(group: words[0], name: words[1], directory: found)
    }
  }

  /// What went wrong in each way; nothing where the answers are right.
  func run() -> [Way: String] {
    func all(_ message: String) -> [Way: String] {
      Dictionary(uniqueKeysWithValues: Way.allCases.map { ($0, message) })
    }
    guard let directory else { return all("is not in the data") }
    let sets: [DataSet]
    do { sets = try DataSet.all(of: directory) } catch { return all("\(error)") }
    var failures: [Way: String] = [:]
    for way in Way.allCases {
      do { for set in sets { try OfficialTest.check(directory, way, set) } } catch {
        failures[way] = "\(error)".replacingOccurrences(of: directory.path + "/", with: "")
      }
    }
    return failures
  }

  private static func check(_ directory: URL, _ way: Way, _ set: DataSet) throws {
    var (model, inputs) = try readModel(directory.appendingPathComponent("model.onnx").path, given: set.inputs)
    if way == .reread { model = try reread(model) }
    let engine = try Engine(model.graph, compilation: way == .plain ? .none : .inference, threads: 1)
    let results = try engine.run(inputs)
    guard model.graph.outputs.count == set.outputs.count else {
      throw Mismatch("\(model.graph.outputs.count) outputs, but \(set.outputs.count) are expected")
    }
    for (output, expected) in zip(model.graph.outputs, set.outputs) {
      guard let result = results[output.name] else { throw Mismatch("\(output.name) is not computed") }
      try compare(result, expected, output.name)
    }
  }

  /// A version of the standard for what the usual one lacks.
  private static let newest = 23

  private static func reread(_ model: Model) throws -> Model {
    let file = FileManager.default.temporaryDirectory
      .appendingPathComponent("conformance-\(ProcessInfo.processInfo.processIdentifier).onnx")
    defer { try? FileManager.default.removeItem(at: file) }
    do { try writeModel(model, to: file.path) } catch { try writeModel(model, to: file.path, opset: newest) }
    return try readModel(file.path)
  }
}
