import Checkpoints
import ClipGraph
import Foundation
import Graphs
import Tensors
import Testing

/// What is written runs elsewhere: onnx.checker accepts it, and ONNX Runtime computes the same.
@Suite("Written files in ONNX Runtime", .enabled(if: Peer.isThere, "needs Python with onnx and onnxruntime"))
struct WrittenFileTests {
  static let opsets = [17, 20, 23]

  @Test("our own, spelt out and fused", arguments: opsets)
  func own(opset: Int) throws {
    let (folder, truth) = (try TemporaryFolder(), try TemporaryFolder())
    for golden in Golden.all {
      let model = try golden.model()
      let expected = try golden.tensors("expected.safetensors")
      let inputs = ["image", "text"].compactMap { name in expected[name].map { ("in.\(name)", $0) } }
      let outputs = model.graph.outputs.compactMap { output in
        expected[output.name].map { ("out.\(output.name)", $0) }
      }
      #expect(outputs.count >= 3)
      try Safetensors(inputs + outputs).write(to: truth.path + "/\(golden.name).io.safetensors")
      try writeModel(model, to: "\(folder.path)/\(golden.name)@plain.onnx", opset: opset)
      let fused = try model.optimized()
      let path = "\(folder.path)/\(golden.name)@fused.onnx"
      try writeModel(fused, to: path, opset: opset, functions: true)
      // The standard's operators, where it has them; and the same graph again.
      let back = try readModel(path)
      let names = Set(back.graph.nodes.map(\.op.name))
      #expect(names.contains("Attention") == (opset >= 23) && names.contains("SelfAttention") == (opset < 23))
      let again = try back.optimized().graph.nodes.map(\.op.name)
      #expect(again.sorted() == fused.graph.nodes.map(\.op.name).sorted())
    }
    try Peer.run("check_written.py", [folder.path, truth.path])
  }

  /// What one version says by an attribute, another by an input or not at all.
  @Test("operators of other versions", arguments: opsets)
  func versions(opset: Int) throws {
    let (folder, source) = (try TemporaryFolder(), try TemporaryFolder())
    try Peer.run("old_versions.py", [source.path])
    let names = try FileManager.default.contentsOfDirectory(atPath: source.path).filter { $0.hasSuffix(".onnx") }
    #expect(names.count > 40)
    for file in names {
      let (model, name) = (try readModel(source.path + "/" + file), file.dropLast(".onnx".count))
      try writeModel(model, to: "\(folder.path)/\(name)@plain.onnx", opset: opset)
      try writeModel(model, to: "\(folder.path)/\(name)@functions.onnx", opset: opset, functions: true)
      try writeModel(try model.optimized(), to: "\(folder.path)/\(name)@fused.onnx", opset: opset, functions: true)
    }
    try Peer.run("check_written.py", [folder.path, source.path])
  }

  /// Conditions and loops that nothing decides before running are written as they are.
  @Test("branches and bodies", arguments: opsets)
  func branches(opset: Int) throws {
    let (folder, source) = (try TemporaryFolder(), try TemporaryFolder())
    try Peer.run("branches.py", [source.path])
    let names = try FileManager.default.contentsOfDirectory(atPath: source.path)
    for file in names where file.hasSuffix(".onnx") {
      let (model, name) = (try readModel(source.path + "/" + file), file.dropLast(".onnx".count))
      let ways: [(String, Model)] = [
        ("plain", model), ("functions", model), ("fused", try model.optimized()),
      ]
      for (way, model) in ways {
        let path = "\(folder.path)/\(name)@\(way).onnx"
        try writeModel(model, to: path, opset: opset, functions: way != "plain")
        let engine = try Engine(try readModel(path).graph, compilation: .inference, threads: 1)
        for run in names where run.hasPrefix(name + ".io") {
          let tensors = try Safetensors(contentsOf: source.path + "/" + run).byName
          let expected = tensors.filter { $0.key.hasPrefix("out.") }.map { (String($0.key.dropFirst(4)), $0.value) }
          let actual = try engine.run(["x": try #require(tensors["in.x"])])
          let wrong = Wild.complaint(actual, Dictionary(uniqueKeysWithValues: expected), "__" + name)
          #expect(wrong == nil, "\(run), \(way)")
        }
      }
    }
    #expect(names.count > 40)
    try Peer.run("check_written.py", [folder.path, source.path])
  }

  @Test(
    "those of others", .enabled(if: Wild.isThere, "onnx/wild is not beside this checkout (CLIPGRAPH_SHARED)"),
    arguments: opsets)
  func wild(opset: Int) throws {
    let folder = try TemporaryFolder()
    let refused = Set(WildTests.refused.values.joined())
    for name in Wild.names where !refused.contains(name) {
      let model = try readModel(Wild.path(name))
      // ONNX Runtime computes nothing in bfloat16.
      if opset == 17 && !name.contains("bf16") { try writeModel(model, to: "\(folder.path)/\(name)@plain.onnx") }
      try writeModel(
        try model.optimized(), to: "\(folder.path)/\(name)@fused.onnx", opset: opset, functions: true)
    }
    try Peer.run("check_written.py", [folder.path, try Wild.unpacked.get().path])
  }
}
