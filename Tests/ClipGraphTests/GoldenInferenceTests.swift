import ClipGraph
import Graphs
import Tensors
import Testing

@Suite("Goldens: inference through a written and re-read file")
struct GoldenInferenceTests {
  @Test("features and logits are within 1e-5 of max |expected|", arguments: Golden.all, Engine.Compilation.allCases)
  func outputs(golden: Golden, compilation: Engine.Compilation) throws {
    let expected = try golden.tensors("expected.safetensors")
    let engine = try Engine(try golden.model().graph, compilation: compilation)
    let inputs = expected.filter { ["image", "text"].contains($0.key) }
    let outputs = try engine.run(inputs)
    for name in ["image_features", "text_features", "logits_per_image"] {
      let distance = try Distance(outputs[name], try #require(expected[name]))
      #expect(distance.maximum <= 1e-5, "\(name): \(distance.maximum)")
    }
  }

  @Test("a tower runs on its own input", arguments: Golden.all)
  func towers(golden: Golden) throws {
    let expected = try golden.tensors("expected.safetensors")
    let engine = try Engine(try golden.model(externalData: true).graph, compilation: .inference)
    for tower in ["image", "text"] {
      let outputs = try engine.run([tower: try #require(expected[tower])], outputs: [tower + "_features"])
      let distance = try Distance(outputs[tower + "_features"], try #require(expected[tower + "_features"]))
      #expect(distance.maximum <= 1e-5)
    }
  }

  @Test("results are equal bit for bit with one thread, two threads, and from eight callers at once")
  func determinism() async throws {
    let golden = Golden.all[0]
    let expected = try golden.tensors("expected.safetensors")
    let inputs = expected.filter { ["image", "text"].contains($0.key) }
    let graph = try golden.model().graph
    let one = try Engine(graph, compilation: .inference, threads: 1).run(inputs)
    let two = try Engine(graph, compilation: .inference, threads: 2)
    #expect(try two.run(inputs) == one)
    let all = try await withThrowingTaskGroup(of: [String: NDArray].self) { group in
      for _ in 0..<8 { group.addTask { try two.run(inputs) } }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(all.count == 8)
    #expect(all.allSatisfy { $0 == one })
  }
}
