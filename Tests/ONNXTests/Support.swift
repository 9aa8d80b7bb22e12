import Foundation
import Graphs
import Tensors
import Testing

@testable import ONNX

/// A directory that goes away with the test.
final class TemporaryDirectory {
  let url: URL
  init() throws {
    url = FileManager.default.temporaryDirectory.appending(path: "onnx-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }
  deinit { try? FileManager.default.removeItem(at: url) }
  func path(_ name: String) -> String { url.appending(path: name).path }
  var names: [String] { ((try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? []).sorted() }
}

extension Graph {
  /// Everything in words: two graphs with the same words are the same.
  var words: [String] {
    var lines = inputs.map { "input \(self[$0].name): \(self[$0].type)" }
    lines += constants.map { "constant \(self[$0.key].name): \($0.value.type) \($0.value.hashValue)" }.sorted()
    for node in nodes {
      let inputs = node.inputs.map { $0.map { self[$0].name } ?? "" }
      let outputs = node.outputs.map { $0.map { "\(self[$0].name): \(self[$0].type)" } ?? "" }
      lines.append("\(node.name) = \(node.op) \(inputs) -> \(outputs)")
    }
    lines += outputs.map { "output \($0.name) = \(self[$0.value].name)" }
    lines += updates.map { "update \(self[$0.state].name) = \(self[$0.value].name)" }
    return lines
  }
}

extension NDArray {
  static func ramp(_ sizes: Int...) -> NDArray {
    NDArray((0..<sizes.reduce(1, *)).map { Float($0) / 8 - 1 }, sizes)
  }
}

extension WireModel {
  /// A model as another program might write it.
  static func of(
    _ nodes: [WireNode], inputs: [WireValue] = [.tensor("x", 1, ["N", 4])], outputs: [String] = ["y"],
    initializers: [(String, NDArray)] = []
  ) -> WireModel {
    var model = WireModel()
    model.irVersion = 8
    model.imports = [("", 17)]
    var graph = WireGraph(name: "g", nodes: nodes)
    graph.inputs = inputs
    graph.outputs = outputs.map { WireValue(name: $0, kind: .unknown) }
    graph.initializers = initializers.map { WireTensor(name: $0.0, array: $0.1) }
    model.graph = graph
    return model
  }

  func bytes() throws -> [UInt8] {
    let encoder = WireEncoder()
    return try withExtendedLifetime(self) { try encoder.pack(encoder.model(self)) }
  }

  func read(_ options: ReadOptions = ReadOptions()) throws -> Model {
    try Model(bytes: try bytes(), catalogue: TestOperators.catalogue, options: options)
  }
}

extension WireValue {
  static func tensor(_ name: String, _ element: Int, _ extents: [Any]) -> WireValue {
    WireValue(
      name: name,
      kind: .tensor(
        element: element,
        extents: extents.map { extent in
          if let size = extent as? Int { return .size(size) }
          if let symbol = extent as? String, !symbol.isEmpty { return .symbol(symbol) }
          return .unknown
        }))
  }
}

extension WireNode {
  static func of(
    _ type: String, _ inputs: [String], _ outputs: [String], _ attributes: [(String, AttributeValue)] = [],
    domain: String = "", name: String = ""
  ) -> WireNode {
    WireNode(
      name: name, domain: domain, type: type, inputs: inputs, outputs: outputs,
      attributes: attributes.map { WireAttribute(name: $0.0, content: .value($0.1)) })
  }
}

/// What an error of this layer says.
func complaint<R>(_ body: () throws -> R) -> String {
  do { _ = try body() } catch { return "\(error)" }
  return "no error"
}
