import ClipGraph
import Graphs
import Passes
import Tensors
import Testing
import TrainingGraphs

@Suite("Recomputation")
struct RecomputationTests {
  static let choices: [Recomputation] = [.cheap, .blocks]
  /// With bytes that blocks keep beside the bottlenecks.
  static let budgets: [(Recomputation, Int?)] = [(.cheap, nil), (.blocks, nil), (.blocks, 0), (.blocks, 1 << 16)]

  @Test(
    "three steps as in the goldens, and as without recomputation to the last bit", arguments: Golden.trained, budgets)
  func steps(golden: Golden, choice: (recomputation: Recomputation, budget: Int?)) throws {
    let model = try golden.model(training: true)
    let options = TrainableModel.Options(
      recomputation: choice.recomputation, recomputationBudget: choice.budget)
    let (plain, again) = (
      try TrainableModel(model, options: .init(recomputation: Recomputation.none)),
      try TrainableModel(model, options: options)
    )
    for step in 0..<3 {
      let expected = try golden.step(step)
      let inputs = expected.filter { ["image", "text"].contains($0.key) }
      let loss = try #require(try again.step(inputs)["loss"])
      #expect(try plain.step(inputs)["loss"] == loss)
      #expect(try Distance(loss, try #require(expected["loss"])).maximum <= 1e-5)
    }
    let (a, b) = (try plain.engine().session.states(), try again.engine().session.states())
    #expect(a.count >= golden.stateCount)
    for (name, array) in a { #expect(b[name] == array, "\(name)") }
  }

  @Test("a step needs less memory, the more it computes again", arguments: Golden.compared)
  func memory(golden: Golden) throws {
    let step = try #require(try golden.model(training: true).training).step
    let sizes = ["batch": 64, "sequence": 16]
    let bytes = try ([.none] + Self.choices).map { recomputation in
      let engine = try Engine(step, compilation: .training, threads: 2, recomputation: recomputation)
      return try engine.session.program(sizes, updates: true).memory.arenaByteCount
    }
    #expect(bytes[1] < bytes[0] * 9 / 10 && bytes[2] < bytes[1], "\(bytes)")
  }

  @Test("blocks with a budget take fewer operations, and no more memory than is given", arguments: Golden.compared)
  func budget(golden: Golden) throws {
    let step = try #require(try golden.model(training: true).training).step
    var before = (flops: Int.max, bytes: 0)
    var most = 0
    for budget in [0, 1 << 18, 1 << 20, 1 << 22] {
      let engine = try Engine(
        step, compilation: .training, threads: 2, recomputation: .blocks, recomputationBudget: budget)
      let program = try engine.session.program(["batch": 64, "sequence": 16], updates: true)
      if budget == 0 { (most, before.bytes) = (program.flops, program.memory.arenaByteCount) }
      #expect(program.flops <= before.flops)
      // But for how well the arena is filled.
      #expect(program.memory.arenaByteCount <= before.bytes * 9 / 8 + budget, "\(budget)")
      before.flops = program.flops
    }
    #expect(before.flops < most)
  }

  @Test("an update runs when its gradient is there: few gradients live at once", arguments: Golden.compared)
  func gradients(golden: Golden) throws {
    let step = try #require(try golden.model(training: true).training).step
    for recomputation in Recomputation.allCases {
      let engine = try Engine(step, compilation: .training, threads: 2, recomputation: recomputation)
      let plan = try engine.session.program(["batch": 4, "sequence": 16], updates: true).memory
      let gradients = plan.intervals.filter { $0.name.hasPrefix("gradient.") }
      let all = gradients.reduce(0) { $0 + $1.byteCount }
      let most = (0...(plan.intervals.map(\.last).max() ?? 0)).map { step in
        gradients.reduce(0) { $0 + ($1.first <= step && step <= $1.last ? $1.byteCount : 0) }
      }
      #expect(gradients.count > 10)
      #expect((most.max() ?? 0) < all / 4, "\(recomputation): \(most.max() ?? 0) of \(all) bytes")
    }
  }

  @Test("what comes again where that is cheap takes little time", arguments: Golden.compared)
  func operations(golden: Golden) throws {
    let step = try #require(try golden.model(training: true).training).step
    let flops = try [Recomputation.none, .cheap].map { recomputation in
      let engine = try Engine(step, compilation: .training, threads: 2, recomputation: recomputation)
      return try engine.session.program(["batch": 64, "sequence": 16], updates: true).flops
    }
    #expect(flops[0] < flops[1] && flops[1] < flops[0] * 9 / 8, "\(flops)")
  }

  @Test("copies are backward's alone: what outputs need stays as it is", arguments: choices)
  func copies(recomputation: Recomputation) throws {
    let step = try #require(try Golden.all[0].model(training: true).training).step
    let fused = try Pipeline.training.run(try step.bound(["batch": 64, "sequence": 16]))
    let rewritten = try recomputation.applied(to: fused)
    let copies = rewritten.nodes.filter { $0.name.hasPrefix("recomputed/") }
    #expect(!copies.isEmpty && rewritten.nodes.count == fused.nodes.count + copies.count)
    let answer = try rewritten.selecting(outputs: ["loss"], updates: false)
    #expect(answer.nodes.map(\.name) == (try fused.selecting(outputs: ["loss"], updates: false)).nodes.map(\.name))
  }
}
