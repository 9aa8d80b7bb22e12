import CLIPModel
import ClipGraph
import Foundation
import Graphs
import Operators
import Tensors
import Testing
import TrainingGraphs

/// Pictures and captions belong together where the captions are identical.
@Suite("Positives by caption")
struct PositivesTests {
  private static let (rows, logScale) = (6, log(1 / 0.07))
  private static let images = (0..<24).map { sin(Double($0) * 1.7) }
  private static let words = (0..<24).map { cos(Double($0) * 0.9 + 0.3) }
  private static let weights = [0.4, 2.1].map { phase in (0..<16).map { sin(Double($0) * 2.3 + phase) } }

  /// The caption of every pair: all distinct, all the same, and some of each.
  static let captions: [[Int]] = [[0, 1, 2, 3, 4, 5], [7, 7, 7, 7, 7, 7], [3, 1, 3, 0, 1, 3]]

  /// Tokens of captions that differ in their middle alone.
  private func tokens(_ captions: [Int]) -> NDArray {
    NDArray(captions.flatMap { [49_406, Int64($0), 49_407] }, [captions.count, 3])
  }

  // MARK: In double precision

  /// The dense formulas: cross-entropy of softmax against targets uniform over the positives, both ways, or SigLIP's.
  private func loss(_ loss: Recipe.Loss, _ captions: [Int], weights: [[Double]], logScale: Double) -> Double {
    let count = Double(Self.rows)
    func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).map { $0 * $1 }.reduce(0, +) }
    func unit(_ x: [Double], _ w: [Double]) -> [[Double]] {
      (0..<Self.rows).map { row in
        let y = (0..<4).map { column in
          dot(Array(x[row * 4..<row * 4 + 4]), (0..<4).map { w[$0 * 4 + column] })
        }
        return y.map { $0 / dot(y, y).squareRoot() }
      }
    }
    let (x, y) = (unit(Self.images, weights[0]), unit(Self.words, weights[1]))
    let z = x.map { a in y.map { b in exp(logScale) * dot(a, b) } }
    let all = captions.indices
    var sum = 0.0
    for i in all {
      let (rowSum, columnSum) = (all.reduce(0) { $0 + exp(z[i][$1]) }, all.reduce(0) { $0 + exp(z[$1][i]) })
      let positives = captions.count { $0 == captions[i] }
      for j in all {
        let isPositive = captions[i] == captions[j]
        switch loss {
        case .sigmoid: sum += log1p(exp(isPositive ? -z[i][j] : z[i][j]))
        case .softmax where isPositive:
          sum -= (log(exp(z[i][j]) / rowSum) + log(exp(z[j][i]) / columnSum)) / Double(2 * positives)
        case .softmax: break
        }
      }
    }
    return sum / count
  }

  // MARK: As graphs

  /// The loss, and its gradients in both weights and the scale's logarithm, where it is a parameter.
  private func results(_ recipe: Recipe, _ captions: [Int], asLogits: Bool) throws -> [String: NDArray] {
    let n = Dimension.symbol("batch")
    let names = ["image", "words"]
    let graph = try Graph.build("pairs") { b in
      _ = b.input("tokens", .int64, [n, 3])
      let features = zip(names, Self.weights).map { name, numbers in
        b.input(name, .float32, [n, 4]).matmul(
          b.parameter("\(name).weight", NDArray(numbers.map { Float($0) }, [4, 4])))
      }
      for (name, x) in zip(names, features) { b.output("\(name)_features", x) }
      let unit = features.map { $0 / $0.l2Norm([-1], keepDimensions: true) }
      b.output("logits", unit[0].matmul(unit[1].transposed([1, 0])) * Float(exp(Self.logScale)))
    }
    func value(_ name: String) throws -> ValueID { try #require(graph.outputs.first { $0.name == name }?.value) }
    let similarity: TrainingInfo.Similarity =
      try asLogits
      ? .logits(value("logits"))
      : .features(image: value("image_features"), text: value("words_features"), logScale: nil)
    var step = try TrainingInfo.contrastive(
      training: graph, similarity, captions: graph.value(named: "tokens"),
      parameters: try names.map { try #require(graph.value(named: "\($0).weight")) }, Hyperparameters(), recipe: recipe
    ).step
    for name in names.map({ "gradient.\($0).weight" }) + (asLogits ? [] : ["gradient.logit_scale"]) {
      let gradient = try #require(step.value(named: name))
      step.outputs.append(.init(name: name, value: gradient))
    }
    var inputs = [
      "image": NDArray(Self.images.map { Float($0) }, [Self.rows, 4]),
      "words": NDArray(Self.words.map { Float($0) }, [Self.rows, 4]),
    ]
    if recipe.positives == .caption { inputs["tokens"] = tokens(captions) }
    return try Engine(step, compilation: .training).run(inputs)
  }

  @Test(
    "value and gradients are those of the dense formula, whatever the features",
    arguments: Recipe.Loss.allCases, captions)
  func formula(kind: Recipe.Loss, captions: [Int]) throws {
    let length = 1e-5
    func slope(_ change: (Double) -> Double) -> Double { (change(length) - change(-length)) / (2 * length) }
    let truth = loss(kind, captions, weights: Self.weights, logScale: Self.logScale)
    for asLogits in [false, true] {
      let found = try results(Recipe(loss: kind, positives: .caption), captions, asLogits: asLogits)
      let value = try #require(found["loss"]?.values(as: Float.self).first)
      #expect(abs(Double(value) - truth) <= 1e-6 * max(1, truth), "\(value), not \(truth)")
      for (tower, name) in ["image", "words"].enumerated() {
        let slopes = (0..<16).map { index in
          slope { change in
            var weights = Self.weights
            weights[tower][index] += change
            return loss(kind, captions, weights: weights, logScale: Self.logScale)
          }
        }
        let expected = NDArray(slopes.map { Float($0) }, [4, 4])
        let distance = try Distance(found["gradient.\(name).weight"], expected)
        #expect(distance.maximum <= 2e-5, "\(name): \(distance.maximum)")
      }
      if asLogits { continue }
      let expected = slope { loss(kind, captions, weights: Self.weights, logScale: Self.logScale + $0) }
      let gradient = try #require(found["gradient.logit_scale"]?.values(as: Float.self).first)
      #expect(abs(Double(gradient) - expected) <= 2e-5 * max(1, abs(expected)), "\(gradient), not \(expected)")
    }
  }

  @Test("distinct captions leave the loss and its gradients as they are", arguments: Recipe.Loss.allCases)
  func distinct(kind: Recipe.Loss) throws {
    for asLogits in [false, true] {
      let plain = try results(Recipe(loss: kind), Self.captions[0], asLogits: asLogits)
      let grouped = try results(Recipe(loss: kind, positives: .caption), Self.captions[0], asLogits: asLogits)
      #expect(plain.count == grouped.count)
      for (name, array) in plain { #expect(try Distance(grouped[name], array).maximum <= 1e-6, "\(name)") }
    }
  }

  // MARK: In a CLIP

  private let golden = Golden.all[1]

  /// The golden's pictures with captions of which some are the same.
  private func batch() throws -> [String: NDArray] {
    let step = try golden.step(0)
    let (images, text) = (try #require(step["image"]), try #require(step["text"]))
    let tokens = text.values(as: Int64.self)
    let (count, length) = (text.sizes[0], text.sizes[1])
    let chosen = (0..<count).map { [2, 1, 0, 1, 2, 2][$0 % 6] % count }
    return ["image": images, "text": NDArray(chosen.flatMap { tokens[$0 * length..<($0 + 1) * length] }, text.sizes)]
  }

  private func model(_ loss: Recipe.Loss, _ positives: Recipe.Positives) throws -> Model {
    try throughFile(
      try golden.model().trainable(adjusting: { _ in Golden.hyperparameters }, loss: loss, positives: positives).model)
  }

  /// The outputs of a step and all parameters' gradients.
  private func step(_ loss: Recipe.Loss, _ positives: Recipe.Positives) throws -> [String: NDArray] {
    var step = try #require(try model(loss, positives).training).step
    #expect(Recipe(of: step, parameters: []) == Recipe(loss: loss, positives: positives))
    for id in step.values.indices.map({ ValueID($0) }) where step[id].name.hasPrefix("gradient.") {
      if !step[id].name.contains("/") { step.outputs.append(.init(name: step[id].name, value: id)) }
    }
    return try Engine(step, compilation: .training).step(batch())
  }

  @Test("micro-batches compare the captions of the whole batch", arguments: Recipe.Loss.allCases)
  func microBatches(loss: Recipe.Loss) throws {
    let expected = try step(loss, .caption)
    for count in [2, 3, 5] {
      let parts = try TrainableModel(model(loss, .caption), options: .init(microBatch: count))
      let outputs = try parts.step(batch())
      #expect(try Distance(outputs["loss"], try #require(expected["loss"])).maximum <= 1e-6)
      for (name, truth) in expected where name.hasPrefix("gradient.") {
        let distance = try Distance(try parts.engine().session.state(named: "sum." + name), truth)
        #expect(distance.maximum <= 1e-5, "\(count): \(name): \(distance.maximum)")
      }
    }
  }

  /// Equal captions have equal features there: one-hot targets and uniform ones ask for the same.
  @Test("CLIP's loss of a CLIP is the same with identical captions as positives, SigLIP's is another")
  func clip() throws {
    let (plain, grouped) = (try step(.softmax, .pair), try step(.softmax, .caption))
    for (name, array) in plain {
      #expect(try Distance(grouped[name], array).maximum <= 1e-4, "\(name)")
    }
    let losses = try [Recipe.Positives.pair, .caption].map { positives in
      try #require(try step(.sigmoid, positives)["loss"]?.values(as: Float.self).first)
    }
    #expect(abs(losses[0] - losses[1]) > 1e-3 * losses[0])
  }

  @Test("a graph without captions has no identical ones")
  func refusal() throws {
    let graph = try Graph.build("pairs") { b in
      let weight = b.parameter("w", NDArray((1...12).map { Float($0) }, [4, 3]))
      b.output("logits", b.input("image", .float32, [3, 4]).matmul(weight))
    }
    let logits = try #require(graph.outputs.first?.value)
    let error = #expect(throws: BuildError.self) {
      try TrainingInfo.contrastive(
        training: graph, .logits(logits), parameters: [try #require(graph.value(named: "w"))], Hyperparameters(),
        recipe: Recipe(positives: .caption))
    }
    #expect(error.map { "\($0)".contains("has no input of captions") } == true)
  }
}
