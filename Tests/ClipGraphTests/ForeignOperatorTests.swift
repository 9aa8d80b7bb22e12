import Checkpoints
import ClipGraph
import Foundation
import Tensors
import Testing

@Suite("Operators of others", .enabled(if: Peer.isThere, "needs Python with onnx and onnxruntime: make setup-tests"))
struct ForeignOperatorTests {
  @Test("their numbers are those of the programs that write them")
  func computesWhatTheyCompute() throws {
    let folder = try TemporaryFolder()
    try Peer.run("foreign_operators.py", [folder.path])
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".onnx") }
    #expect(files.count > 50)
    for file in files.sorted() {
      let tensors = try Safetensors(contentsOf: folder.path + "/" + file.replacing(".onnx", with: ".safetensors"))
        .byName
      func part(_ prefix: String) -> [String: NDArray] {
        Dictionary(
          uniqueKeysWithValues: tensors.filter { $0.key.hasPrefix(prefix) }
            .map { (String($0.key.dropFirst(prefix.count)), $0.value) })
      }
      for compilation in [Engine.Compilation.none, .inference] {
        do {
          let graph = try readModel(folder.path + "/" + file).graph
          let actual = try Engine(graph, compilation: compilation, threads: 1).run(part("in."))
          for (name, truth) in part("out.") {
            let distance = try Distance(actual[name], truth)
            #expect(distance.maximum < 2e-5, "\(file), \(compilation): \(name) is off by \(distance.maximum)")
          }
        } catch { Issue.record("\(file), \(compilation): \(error)") }
      }
    }
  }
}
