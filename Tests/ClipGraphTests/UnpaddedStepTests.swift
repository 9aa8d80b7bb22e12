import ClipGraph
import Graphs
import Operators
import Passes
import Tensors
import Testing
import TrainingGraphs

/// Steps on captions of many lengths take what those on padded captions take.
@Suite("Steps without padding")
struct UnpaddedStepTests {
  /// A batch with captions of 3 to 16 tokens behind each other's padding.
  private func batch(_ golden: Golden) throws -> [String: NDArray] {
    let image = try #require(try golden.step(0)["image"])
    let count = image.sizes[0]
    let lengths = (0..<count).map { 3 + $0 * 13 / max(count - 1, 1) }
    var tokens: [Int64] = []
    for (row, length) in lengths.enumerated() {
      tokens += (0..<16).map { $0 == length - 1 ? 96 : $0 < length ? Int64(($0 * 7 + row * 5) % 90 + 1) : 0 }
    }
    return ["image": image, "text": NDArray(tokens, [count, 16])]
  }

  @Test("loss, gradients and states are those of padded captions", arguments: Golden.trained, Recomputation.allCases)
  func step(golden: Golden, recomputation: Recomputation) throws {
    let step = try #require(try golden.model(training: true).training).step
    let batch = try batch(golden)
    let watched = try watchingGradients(step)
    let padded = try Engine(watched, compilation: .training, threads: 2, recomputation: recomputation)
    let packed = try Engine(
      watched, compilation: .training, threads: 2, recomputation: recomputation, captions: "text")
    #expect(packed.graph.inputs.count == 3 && padded.graph.inputs.count == 2)
    let (expected, found) = (try padded.step(batch), try packed.step(batch))
    #expect(expected.count > 50 && found.count == expected.count)
    for (name, array) in expected {
      let largest = array.values(as: Float.self).reduce(0) { max($0, abs($1)) }
      #expect(try Distance(found[name], array).maximum <= 1e-5 * max(1, Double(largest)), "\(name)")
    }
    // Where a gradient is next to nothing, its rounding decides the sign of AdamW's step: moments tell as much as weights.
    let states = try packed.session.states()
    for (name, array) in try padded.session.states() where name.hasSuffix(".exp_avg") {
      #expect(try Distance(states[name], array).maximum <= 1e-6, "\(name)")
    }
  }

  @Test("what padding holds does not count, and no row of it is multiplied")
  func padding() throws {
    let golden = Golden.all[0]
    let model = try golden.model(training: true)
    var inputs = try batch(golden)
    let (a, b) = (try TrainableModel(model), try TrainableModel(model))
    let loss = try a.step(inputs)["loss"]
    let tokens = try #require(inputs["text"]?.integers)
    let other = tokens.enumerated().map { place, token in token == 0 ? Int64(place % 50 + 1) : Int64(token) }
    inputs["text"] = NDArray(other, [tokens.count / 16, 16])
    #expect(try b.step(inputs)["loss"] == loss)
    let (x, y) = (try a.engine().session.states(), try b.engine().session.states())
    for (name, array) in x where !name.contains("token_embedding") { #expect(y[name] == array, "\(name)") }

    let step = try #require(model.training).step
    let sizes = ["batch": 8, "sequence": 16]
    let padded = try Engine(step, compilation: .training).session.program(sizes, updates: true).flops
    let packed = try Engine(step, compilation: .training, captions: "text").session
      .program(sizes.merging(["rows": 4]) { $1 }, updates: true).flops
    #expect(packed < padded * 9 / 10)
  }

  @Test("a graph of any origin computes no padding either", arguments: Golden.all)
  func foreign(golden: Golden) throws {
    var model = try golden.model()
    model.metadata = []
    let (made, choice) = try model.trainable()
    #expect(!choice.isDeclared)
    let step = try watchingGradients(try #require(throughFile(made, functions: true).training).step)
    let padded = try Engine(step, compilation: .training, threads: 2)
    let packed = try Engine(step, compilation: .training, threads: 2, captions: StepInputs.captions(of: step))
    #expect(packed.captionRows == "rows" && padded.captionRows == nil)
    #expect(packed.graph.nodes.count { $0.op is SelfAttentionGradient } >= 2)
    let batch = try batch(golden)
    let (expected, found) = (try padded.step(batch), try packed.step(batch))
    #expect(expected.count > 50 && found.count == expected.count)
    for (name, array) in expected {
      let largest = array.values(as: Float.self).reduce(0) { max($0, abs($1)) }
      #expect(try Distance(found[name], array).maximum <= 1e-5 * max(1, Double(largest)), "\(name)")
    }
  }

  /// The step with its gradients among the outputs.
  private func watchingGradients(_ step: Graph) throws -> Graph {
    var step = step
    for (index, value) in step.values.enumerated() where value.name.hasPrefix("gradient.") {
      step.outputs.append(.init(name: value.name, value: ValueID(index)))
    }
    return try step.pruned()
  }
}
