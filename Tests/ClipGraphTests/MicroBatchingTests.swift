import CLIPModel
import ClipGraph
import Graphs
import Passes
import Tensors
import Testing
import TrainingGraphs

@Suite("Micro-batches")
struct MicroBatchingTests {
  private func inputs(_ step: [String: NDArray]) -> [String: NDArray] {
    step.filter { ["image", "text"].contains($0.key) }
  }

  @Test("three steps as in the goldens", arguments: [(0, 1), (0, 3), (1, 8)])
  func steps(number: Int, count: Int) throws {
    let golden = Golden.all[number]
    let model = try throughFile(try golden.model(training: true))
    let trainable = try TrainableModel(model, options: .init(recomputation: .blocks, microBatch: count))
    for step in 0..<3 {
      let expected = try golden.step(step)
      let outputs = try trainable.step(inputs(expected))
      #expect(try Distance(outputs["loss"], try #require(expected["loss"])).maximum <= 1e-5)
      #expect(try Distance(outputs["learning_rate"], try #require(expected["lr"])).maximum <= 1e-6)
      let states = try trainable.engine().session.states()
      var compared = 0
      var all = (close: 0.0, count: 0.0)
      for (key, truth) in expected where key.hasPrefix("grad.") || key.hasPrefix("state.") {
        if key.hasPrefix("grad.") {
          let distance = try Distance(states["sum.gradient." + key.dropFirst(5)], truth)
          #expect(distance.maximum <= 1e-4, "step \(step): gradient of \(key): \(distance.maximum)")
        } else {
          let distance = try Distance(states[String(key.dropFirst(6))], truth)
          #expect(distance.relative <= 1e-3, "step \(step): \(key): \(distance.relative)")
          all.close += distance.close * Double(truth.count)
          all.count += Double(truth.count)
        }
        compared += 1
      }
      #expect(compared == 2 * 62 && all.close / all.count >= 0.998)
    }
    #expect(try trainable.stepsTaken() == 3)
  }

  @Test("gradients are the whole batch's to 1e-5 of their largest, logit_scale's included")
  func gradients() throws {
    let golden = Golden.all[1]
    var whole = try #require(try golden.model(training: true).training).step
    let batch = inputs(try golden.step(0))
    for id in whole.values.indices.map({ ValueID($0) }) where whole[id].name.hasPrefix("gradient.") {
      if !whole[id].name.contains("/") { whole.outputs.append(.init(name: whole[id].name, value: id)) }
    }
    let expected = try Engine(whole, compilation: .training).step(batch).filter { $0.key.hasPrefix("gradient.") }
    #expect(expected.count == 62 && expected["gradient.logit_scale"] != nil)
    for count in [3, 5] {
      let parts = try TrainableModel(try golden.model(training: true), options: .init(microBatch: count))
      _ = try parts.step(batch)
      for (name, truth) in expected {
        let distance = try Distance(try parts.engine().session.state(named: "sum." + name), truth)
        #expect(distance.maximum <= 1e-5, "\(count): \(name): \(distance.maximum)")
      }
    }
  }

  @Test("one thread and two give the same, to the last bit", arguments: [Golden.all[0]])
  func threads(golden: Golden) throws {
    let model = try golden.model(training: true)
    let batch = try golden.tensors("expected.safetensors")
    let (images, text) = (try #require(batch["image"]), try #require(batch["text"]))
    let count = min(images.sizes[0], text.sizes[0])
    let inputs = ["image": try images.prefix(count), "text": try text.prefix(count)]
    let results = try [1, 2].map { threads in
      let trainable = try TrainableModel(model, options: .init(threads: threads, microBatch: 2))
      for _ in 0..<2 { _ = try trainable.step(inputs) }
      return try trainable.engine().session.states()
    }
    #expect(results[0].count > golden.stateCount)
    for (name, array) in results[0] { #expect(results[1][name] == array, "\(name)") }
  }

  @Test(
    "a ResNet in one micro-batch takes the step that it takes without",
    .enabled(
      if: Golden.resNet.hasSteps, "goldens/checkpoints/resnet-relu is not beside this checkout (CLIPGRAPH_SHARED)"))
  func oneMicroBatch() throws {
    let model = try Golden.resNet.model(training: true)
    let batch = inputs(try Golden.resNet.step(0))
    let (whole, part) = (try TrainableModel(model), try TrainableModel(model, options: .init(microBatch: 64)))
    #expect(try whole.step(batch)["loss"] == part.step(batch)["loss"])
    let (a, b) = (try whole.engine().session.states(), try part.engine().session.states())
    for (name, array) in a where array.scalar == .float32 {
      #expect(try Distance(b[name], array).maximum <= 1e-5, "\(name)")
    }
    // Running statistics move once.
    #expect(b["visual.bn1.num_batches_tracked"] == a["visual.bn1.num_batches_tracked"])
  }

  @Test("a memory limit chooses; one that nothing fits says what would")
  func limit() throws {
    let model = try Golden.all[0].model(training: true)
    let batch = inputs(try Golden.all[0].step(0))
    let free = try TrainableModel(model, options: .init(memoryLimit: 1 << 40))
    let loss = try free.step(batch)["loss"]
    #expect(free.memoryChoice?.recomputation == Recomputation.none && free.memoryChoice?.microBatch == nil)
    let byteCount = try #require(free.memoryChoice?.byteCount)
    let tight = try TrainableModel(model, options: .init(memoryLimit: byteCount - 1))
    let other = try tight.step(batch)["loss"]
    let choice = try #require(tight.memoryChoice)
    #expect(
      choice.recomputation != .none && choice.byteCount < byteCount && choice.description.hasPrefix("--recompute "))
    #expect(try Distance(other, try #require(loss)).maximum <= 1e-5)
    do {
      _ = try TrainableModel(
        model, options: .init(recomputation: .blocks, microBatch: 1, memoryLimit: 1 << 20), place: "F"
      ).step(batch)
      Issue.record("fits into a mebibyte")
    } catch { #expect(error.place == "F" && error.message.contains("--micro-batch 1")) }
  }

  @Test("a limit between blocks and cheap is spent on products")
  func spent() throws {
    let model = try Golden.all[0].model(training: true)
    let inputs = [
      "image": NDArray((0..<196_608).map { Float($0 % 101) }, [64, 3, 32, 32]),
      "text": NDArray((0..<1024).map { $0 % 16 == 15 ? Int64(96) : Int64($0 % 89) }, [64, 16]),
    ]
    func choice(
      _ recomputation: Recomputation?, _ limit: Int, _ budget: Int? = nil
    ) throws -> (TrainableModel.MemoryChoice, flops: Int) {
      let options = TrainableModel.Options(
        recomputation: recomputation, memoryLimit: limit, recomputationBudget: budget)
      let trainable = try TrainableModel(model, options: options)
      _ = try trainable.step(inputs)
      let program = try trainable.engine().session
        .program(["batch": 64, "sequence": 16, "rows": 16], updates: true)
      return (try #require(trainable.memoryChoice), program.flops)
    }
    let ((cheap, _), (blocks, most)) = (try choice(.cheap, 1 << 40), try choice(.blocks, 1 << 40, 0))
    #expect(cheap.recomputationBudget == nil && cheap.description == "--recompute cheap")
    #expect(blocks.recomputationBudget == 0 && blocks.description == "--recompute blocks, keeping no products")
    let limit = cheap.byteCount - 1
    let (between, fewer) = try choice(nil, limit)
    #expect(between.recomputation == .blocks && between.microBatch == nil && fewer < most)
    #expect(blocks.byteCount < between.byteCount && between.byteCount <= limit, "\(between.byteCount) of \(limit)")
    let budget = try #require(between.recomputationBudget)
    #expect(budget > 0 && budget <= limit - blocks.byteCount)
    #expect(between.description.hasPrefix("--recompute blocks, keeping up to "))
    let (least, _) = try choice(nil, blocks.byteCount)
    #expect(least == blocks)
    // Less than that is for micro-batches.
    let small = TrainableModel.Options(memoryLimit: blocks.byteCount - 1)
    let parts = try TrainableModel(model, options: small)
    _ = try parts.step(inputs)
    let part = try #require(parts.memoryChoice)
    #expect(part.recomputation == .blocks && part.microBatch == 32 && part.byteCount < blocks.byteCount)
  }

  @Test("a file that does not name its embeddings says so")
  func unnamed() throws {
    var model = try Golden.all[0].model(training: true)
    let id = try #require(model.training?.step.value(named: "embedding_gradient.training.text_features"))
    model.training?.step[id].name = "other"
    let trainable = try TrainableModel(model, options: .init(microBatch: 2))
    #expect(throws: ClipGraphError.self) { try trainable.step(inputs(try Golden.all[0].step(0))) }
  }
}

extension NDArray {
  fileprivate func prefix(_ count: Int) throws -> NDArray {
    try NDArray(scalar, [count] + sizes.dropFirst(), storage: storage, offset: offset)
  }
}
