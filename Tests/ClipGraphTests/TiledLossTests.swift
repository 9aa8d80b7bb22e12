import ClipGraph
import Graphs
import Operators
import Tensors
import Testing
import TrainingGraphs

@Suite("Losses in tiles")
struct TiledLossTests {
  /// The matrix of all pairs would take 4 GiB in single precision.
  @Test(
    "a step on 32,768 pairs holds no matrix of all pairs", arguments: Recipe.Loss.allCases,
    Recipe.Positives.allCases)
  func memory(loss: Recipe.Loss, positives: Recipe.Positives) throws {
    let pairs = 32_768
    let weight = try NDArray(zeros: .float32, [4, 8])
    let graph = try Graph.build("pairs") { b in
      _ = b.input("tokens", .int64, [.symbol("batch"), 5])
      for name in ["image", "text"] {
        let x = b.input(name, .float32, [.symbol("batch"), 4])
        b.output("\(name)_features", x.matmul(b.parameter("\(name).weight", weight)))
      }
    }
    let features = try ["image", "text"].map { name in
      try #require(graph.outputs.first { $0.name == "\(name)_features" }?.value)
    }
    let weights = try ["image", "text"].map { try #require(graph.value(named: "\($0).weight")) }
    let training = try TrainingInfo.contrastive(
      training: graph, .features(image: features[0], text: features[1], logScale: nil),
      captions: graph.value(named: "tokens"), parameters: weights, Hyperparameters(),
      recipe: Recipe(loss: loss, positives: positives))
    let engine = try Engine(training.step, compilation: .training)
    let batch = try NDArray(zeros: .float32, [pairs, 4])
    var inputs = ["image": batch, "text": batch]
    if positives == .caption { inputs["tokens"] = try NDArray(zeros: .int64, [pairs, 5]) }
    let run = try engine.session.prepare(inputs, updates: true)
    #expect(run.program.memory.arenaByteCount <= 64 << 20, "\(run.program.memory.arenaByteCount) bytes")
  }
}
