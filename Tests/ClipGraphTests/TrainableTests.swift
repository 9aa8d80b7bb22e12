import CLIPModel
import Checkpoints
import ClipGraph
import Foundation
import Graphs
import Tensors
import Testing
import TrainingGraphs

@Suite("Graphs made trainable")
struct TrainableTests {
  private let golden = Golden(name: "vit-gelu")

  private func batch() throws -> [String: NDArray] {
    try golden.step(0).filter { ["image", "text"].contains($0.key) }
  }

  private func settings(_ given: Hyperparameters) -> Hyperparameters { Golden.hyperparameters }

  @Test("a declared CLIP gets what an export with a training algorithm has")
  func declared() throws {
    let (model, choice) = try golden.model().trainable(adjusting: settings)
    #expect(choice.isDeclared && choice.loss == .softmax && choice.frozen.isEmpty)
    let exported = try #require(try golden.model(training: true).training).step
    let made = try #require(try throughFile(model).training).step
    #expect(made.nodes.map(\.name) == exported.nodes.map(\.name))
    let (one, two) = (try TrainableModel(throughFile(model)), try TrainableModel(golden.model(training: true)))
    let (first, second) = (try one.step(batch()), try two.step(batch()))
    #expect(first == second)
  }

  @Test("a locked tower stays to the bit, costs no gradient, and leaves the others' gradients as they are")
  func locked() throws {
    for (tower, unlocked, expected) in [
      (Tower.image, 0, { (name: String) in !name.hasPrefix("visual.") }),
      (
        .image, 2,
        { !$0.hasPrefix("visual.") || $0 == "visual.proj" || $0.contains("resblocks.1.") || $0.contains("ln_post") }
      ),
      (.text, 0, { $0.hasPrefix("visual.") || $0 == "logit_scale" }),
    ] {
      let freezing = ParameterFreezing(towers: [tower], unlockedGroups: unlocked)
      let (made, choice) = try golden.model().trainable(adjusting: settings, freezing: freezing)
      #expect(choice.trained.allSatisfy(expected), "\(tower) \(unlocked): \(choice.trained)")
      #expect(choice.frozen.allSatisfy { !expected($0) }, "\(tower) \(unlocked): \(choice.frozen)")
      let model = try throughFile(made)
      let step = try #require(model.training).step
      #expect(!step.values.contains { value in choice.frozen.contains { value.name == "gradient.\($0)" } })
      let trainable = try TrainableModel(model)
      _ = try trainable.step(batch())
      let after = try trainable.inferenceModel().graph
      let truth = try golden.step(0)
      for name in choice.frozen {
        let (a, b) = (model.graph.value(named: name), after.value(named: name))
        let same = a.flatMap { model.graph.constants[$0] } == b.flatMap { after.constants[$0] }
        #expect(same, "\(name) moved")
      }
      for name in choice.trained {
        let state = try trainable.engine().session.state(named: name)
        let distance = try Distance(state, try #require(truth["state.\(name)"]))
        #expect(distance.relative <= 1e-3, "\(name)")
      }
      let small = try TrainableModel(model, options: .init(microBatch: 2))
      let (whole, parts) = (try TrainableModel(model).step(batch()), try small.step(batch()))
      #expect(try Distance(parts["loss"], try #require(whole["loss"])).maximum <= 1e-5)
    }
  }

  @Test("patterns freeze by name; those that match nothing are mistakes")
  func patterns() throws {
    let freezing = ParameterFreezing(patterns: ["*.ln_?.*", "logit_scale"])
    let choice = try golden.model().trainable(freezing: freezing).choice
    #expect(choice.frozen.contains("transformer.resblocks.0.ln_1.weight") && choice.frozen.contains("logit_scale"))
    #expect(choice.frozen.allSatisfy { $0.contains(".ln_") || $0 == "logit_scale" })
    #expect(!choice.frozen.contains("ln_final.weight"))
    for (patterns, words) in [(["visuel.*"], "no parameter visuel.*"), (["*"], "freeze fewer")] {
      let error = #expect(throws: ClipGraphError.self) {
        try golden.model().trainable(freezing: ParameterFreezing(patterns: patterns), place: "f.onnx")
      }
      #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
    }
  }

  /// min(1, c / ‖g‖) of the golden's gradients, which are PyTorch's.
  @Test("clipping scales all gradients by their common norm, and leaves small ones alone", arguments: [1e-2, 1e4])
  func clipping(maximum: Double) throws {
    let (model, _) = try golden.model().trainable(adjusting: { _ in
      var h = Golden.hyperparameters
      h.maximumGradientNorm = maximum
      return h
    })
    let trainable = try TrainableModel(throughFile(model))
    #expect(trainable.value(.maximumGradientNorm).map { abs($0 / maximum - 1) < 1e-6 } == true)
    _ = try trainable.step(batch())
    let gradients = try golden.step(0).filter { $0.key.hasPrefix("grad.") }
    let squares = gradients.values.flatMap { $0.values(as: Float.self) }.reduce(0.0) { $0 + Double($1) * Double($1) }
    let factor = Float(min(1, maximum / (squares.squareRoot() + 1e-6)))
    #expect(factor < 1 || maximum > 1)
    for (key, gradient) in gradients where !key.contains("in_proj_bias") {
      let name = String(key.dropFirst(5))
      // After one step the first moment is a tenth of the gradient.
      let moment = try trainable.engine().session.state(named: "optimizer.\(name).exp_avg")
      let expected = NDArray(gradient.values(as: Float.self).map { $0 * factor * 0.1 }, gradient.sizes)
      #expect(try Distance(moment, expected).maximum <= 1e-3, "\(name)")
    }
  }

  /// open_clip's `const_lr_cooldown` with power 1 and end 0, written out.
  @Test("a constant rate warms up, stays, and cools down in a line", arguments: [0, 3])
  func cooldown(steps: Int) throws {
    let (model, _) = try golden.model().trainable(adjusting: { _ in
      var h = Golden.hyperparameters
      (h.cooldownSteps, h.warmupSteps, h.totalSteps) = (steps, 2, 8)
      return h
    })
    let trainable = try TrainableModel(throughFile(model))
    let rates = try (0..<8).map { _ in
      try #require(try trainable.step(batch())["learning_rate"]?.values(as: Float.self).first)
    }
    let tail: [Float] = steps == 0 ? [1, 1, 1] : [1, 2.0 / 3, 1.0 / 3]
    for (rate, expected) in zip(rates, [0.5, 1, 1, 1, 1] + tail) { #expect(abs(rate - expected * 1e-3) < 1e-9) }
  }

  /// The loss of SigLIP's paper in double precision, and central differences of it.
  @Test("the sigmoid loss and its gradient are those of the formula")
  func sigmoid() throws {
    let (model, choice) = try golden.model().trainable(loss: .sigmoid)
    #expect(choice.loss == .sigmoid)
    let read = try throughFile(model)
    var step = try #require(read.training).step
    #expect(Recipe(of: step, parameters: []).loss == .sigmoid)
    let names = ["gradient.logit_scale", "gradient.visual.proj", "gradient.text_projection"]
    for name in names {
      let value = try #require(step.value(named: name))
      step.outputs.append(.init(name: name, value: value))
    }
    let outputs = try Engine(step, compilation: .training).run(batch())
    func loss(_ change: (String, NDArray)? = nil) throws -> Double {
      var graph = read.graph
      if let change {
        let id = try #require(graph.value(named: change.0))
        graph.constants[id] = change.1
      }
      let logits = try #require(try Engine(graph, compilation: .none).run(batch())["logits_per_image"])
      let (n, z) = (logits.sizes[0], logits.values(as: Float.self).map(Double.init))
      return z.indices.reduce(0) { $0 + log1p(exp($1 / n == $1 % n ? -z[$1] : z[$1])) } / Double(n)
    }
    let value = try #require(outputs["loss"]?.values(as: Float.self).first)
    let truth = try loss()
    #expect(abs(Double(value) - truth) <= 1e-5 * truth)
    for name in names {
      let gradient = try #require(outputs[name])
      let parameter = String(name.dropFirst("gradient.".count))
      let id = try #require(read.graph.value(named: parameter))
      let numbers = try #require(read.graph.constants[id])
      let (g, p) = (gradient.values(as: Float.self), numbers.values(as: Float.self))
      let norm = g.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
      let length = 5e-3
      let ends = try [1.0, -1.0].map { sign in
        try loss((parameter, NDArray(zip(p, g).map { $0 + Float(sign * length * Double($1) / norm) }, numbers.sizes)))
      }
      let slope = (ends[0] - ends[1]) / (2 * length)
      #expect(abs(slope - norm) <= 1e-2 * norm, "\(parameter): \(norm), numerically \(slope)")
    }
  }

  @Test("another image size keeps the recipe")
  func resized() throws {
    let freezing = ParameterFreezing(towers: [.text])
    let (model, choice) = try golden.model().trainable(loss: .sigmoid, positives: .caption, freezing: freezing)
    let step = try #require(try throughFile(model).resized(Resizing(imageSize: 64)).training).step
    let names = TrainingInfo.parameters(of: model.graph).map { model.graph[$0].name }
    #expect(
      Recipe(of: step, parameters: names)
        == Recipe(loss: .sigmoid, positives: .caption, frozen: Set(choice.frozen)))
  }

  @Test("files without a step in them are told why")
  func refusals() throws {
    let images = try Model.clip(
      try CLIPConfiguration.named("tiny"), tower: .image, weights: .fresh(seed: 0))
    let error = #expect(throws: ClipGraphError.self) { try images.trainable(place: "f.onnx") }
    #expect(error?.description.contains("f.onnx: has no text features") == true)
    var foreign = try golden.model()
    foreign.metadata = []
    let unknown = #expect(throws: ClipGraphError.self) {
      try foreign.trainable(freezing: ParameterFreezing(towers: [.image], unlockedGroups: 1), place: "f.onnx")
    }
    #expect(unknown?.description.contains("--freeze") == true)
  }
}

@Suite("Features without a scale")
struct LearnedScaleTests {
  /// A CLIP of another program's that gives features alone.
  private func model() throws -> Model {
    var model = try Golden.all[0].model()
    model.metadata = []
    model.graph.outputs = model.graph.outputs.filter { ["image_features", "text_features"].contains($0.name) }
    model.graph = try model.graph.pruned()
    try #require(model.graph.value(named: "logit_scale").map { model.graph.constants[$0] == nil } ?? true)
    return model
  }

  @Test("they get one, and the trained model says which")
  func learned() throws {
    func scale(_ model: Model) -> Float? {
      model.graph.value(named: "logit_scale").flatMap { model.graph.constants[$0]?.values(as: Float.self).first }
    }
    let (made, choice) = try model().trainable()
    #expect(choice.trained.contains("logit_scale") && scale(made) == TrainingInfo.initialLogScale)
    let trainable = try TrainableModel(try throughFile(made, functions: true))
    let inputs = try Golden.all[0].step(0).filter { ["image", "text"].contains($0.key) }
    for _ in 0..<2 { _ = try trainable.step(inputs) }
    let present = try #require(try trainable.logitScale())
    let trained = try #require(scale(try throughFile(try trainable.inferenceModel())))
    #expect(trained != TrainingInfo.initialLogScale && abs(present - exp(Double(trained))) < 1e-4)
  }

  @Test("it stays where it is to be frozen")
  func frozen() throws {
    let choice = try model().trainable(freezing: ParameterFreezing(patterns: ["logit_scale"])).choice
    #expect(choice.frozen == ["logit_scale"])
  }
}

@Suite(
  "Exports of others made trainable",
  .enabled(if: Wild.isThere, "onnx/wild is not beside this checkout (CLIPGRAPH_SHARED), or there is no Python"))
struct WildTrainableTests {
  /// Files that are no whole CLIP in single precision, by what is said of them.
  private func refusal(_ name: String) -> String? {
    if WildTests.refused.values.contains(where: { $0.contains(name) }) { return "not supported" }
    if name.contains("__dynq") || name.contains("__static") { return "this file is quantised" }
    if name.contains("fp16") || name.contains("bf16") { return "needs weights in single precision" }
    if name.contains("_image") { return "has no text features" }
    if name.contains("_text") || name.contains("zeroshot") || name.contains("script_if_loop") {
      return name.contains("script_if_loop") ? "features" : "has no image features"
    }
    return name.hasPrefix("oc_vitq_whole") && name.contains("static") ? "is made for 2 pictures and 3 captions" : nil
  }

  @Test(
    "whole CLIPs get the gradients that ONNX Runtime's differences show; the others are refused", arguments: Wild.names)
  func gradients(name: String) throws {
    let path = Wild.path(name)
    func make() throws -> (model: Model, choice: Model.TrainingChoice) { try readModel(path).trainable(place: path) }
    if let words = refusal(name) {
      let error = #expect(throws: ClipGraphError.self) { try make() }
      #expect(error?.description.contains(words) == true, "\(error?.description ?? "it is trainable")")
      return
    }
    let (made, choice) = try make()
    let model = try throughFile(made, functions: true)
    var step = try #require(model.training).step
    for name in choice.trained {
      let value = try #require(step.value(named: "gradient.\(name)"), "\(name)")
      step.outputs.append(.init(name: "gradient.\(name)", value: value))
    }
    let folder = try TemporaryFolder()
    let (inputs, outputs) = (folder.path + "/inputs.safetensors", folder.path + "/step.safetensors")
    let run = try #require(try Wild.runs(name).first).inputs
    let rows = run.values.compactMap(\.sizes.first).min() ?? 0
    let feeds = try run.mapValues { array in
      try NDArray(array.scalar, [rows] + array.sizes.dropFirst(), storage: array.storage, offset: array.offset)
    }
    try Safetensors(feeds.sorted { $0.key < $1.key }.map { (name: $0.key, array: $0.value) }).write(to: inputs)
    let results = try Engine(step, compilation: .none).run(feeds)
    try Safetensors(results.sorted { $0.key < $1.key }.map { (name: $0.key, array: $0.value) }).write(to: outputs)
    try Peer.run("check_trainable.py", [path, inputs, outputs, choice.loss.rawValue])
  }
}
