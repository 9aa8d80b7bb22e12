import Graphs
import Tensors
import Testing

@testable import Runtime

@Suite struct PlanTests {
  @Test(arguments: 0..<300) func memoryIsSoundOnRandomGraphs(seed: Int) throws {
    let graph = try randomGraph(seed: seed)
    let program = try Program(planning: graph, threads: 1)
    var judge = MemoryJudge(graph, program)
    judge.judge()

    let intervals = program.memory.intervals
    for (index, a) in intervals.enumerated() {
      #expect(a.offset % 64 == 0 && a.offset + a.byteCount <= program.memory.arenaByteCount)
      for b in intervals[(index + 1)...] where a.first <= b.last && b.first <= a.last {
        #expect(a.offset + a.byteCount <= b.offset || b.offset + b.byteCount <= a.offset, "\(a) and \(b) overlap")
      }
    }
    let alive = (0...program.steps.count).map { step in
      intervals.filter { $0.first <= step && step <= $0.last }.reduce(0) { $0 + $1.byteCount }
    }
    #expect(program.memory.lowerBound == alive.max())
    #expect(program.memory.arenaByteCount >= program.memory.lowerBound)
  }

  /// Two steps of the planned program, in poisoned memory between canaries, against every value in its own memory.
  @Test(arguments: 0..<300) func resultsEqualTheNaiveOnes(seed: Int) throws {
    let graph = try randomGraph(seed: seed)
    let program = try Program(planning: graph, threads: 1)
    var naive = NaiveExecutor(graph)
    let frame = Frame(program, stateIndices: Array(program.states.indices))
    let states = program.initialStates.map { $0.copied() }
    let (canary, size) = (64, program.memory.arenaByteCount)
    let arena = UnsafeMutableRawPointer.allocate(byteCount: size + 2 * canary, alignment: 64)
    defer { arena.deallocate() }
    arena.initializeMemory(as: UInt8.self, repeating: 0xFF, count: size + 2 * canary)
    frame.fill(arena: arena + canary, states: { states[$0].address })
    for round in 1...2 {
      var inputs: [String: NDArray] = [:]
      for id in graph.inputs { inputs[graph[id].name] = ramp(graph[id].type.shape.sizes?[0] ?? 0, Float(round)) }
      let expected = try naive.step(inputs)
      let results = try program.outputs.map { try NDArray(zeros: $0.scalar, $0.sizes) }
      let sources = program.inputs.compactMap { inputs[$0.name].map { UnsafeRawPointer($0.address) } }
      let failure = sources.withUnsafeBufferPointer { sources in
        results.map(\.address).withUnsafeBufferPointer { targets in
          frame.execute(inputs: sources.baseAddress, outputs: targets.baseAddress)
        }
      }
      #expect(failure == nil)
      for (port, result) in zip(program.outputs, results) { #expect(result == expected[port.name], "\(port.name)") }
      for (port, state) in zip(program.states, states) {
        let id = try #require(graph.value(named: port.name))
        guard graph.states.contains(id) else { continue }
        #expect(state == naive.states[id], "state \(port.name)")
      }
      for offset in 0..<canary {
        #expect(arena.load(fromByteOffset: offset, as: UInt8.self) == 0xFF)
        #expect(arena.load(fromByteOffset: canary + size + offset, as: UInt8.self) == 0xFF)
      }
    }
  }

  @Test func arenasAreCloseToTheLowerBound() throws {
    var ratios: [Double] = []
    for seed in 0..<300 {
      let memory = try Program(planning: randomGraph(seed: seed), threads: 1).memory
      if memory.lowerBound > 0 { ratios.append(Double(memory.arenaByteCount) / Double(memory.lowerBound)) }
    }
    #expect(ratios.reduce(0, +) / Double(ratios.count) < 1.01)
    #expect(ratios.filter { $0 > 1.1 }.count <= 3)
  }

  @Test func aChainInPlaceNeedsNoArena() throws {
    let graph = try Graph.build("chain") { b in
      let x = b.input("x", .float32, [256])
      b.output("y", b.seen(b.flip(b.flip(b.seen(b.backwards(x))))))
    }
    let program = try Program(planning: graph, threads: 1)
    // Scratch only: the chain lies in the caller's output from its first result on.
    #expect(program.memory.arenaByteCount == 1024)
    #expect(program.steps.compactMap(\.outputs.first) == [.output(0), .output(0), .output(0), .output(0), .output(0)])
    #expect(program.memory.intervals.map(\.name) == ["Backwards (scratch)"])
  }

  @Test func shapesFoldAway() throws {
    let graph = try Graph.build("fold") { b in
      let x = b.input("x", .float32, [.symbol("batch"), 4])
      b.output("ones", b.apply(Ones(), [b.apply(Next(), [b.apply(Sizes(), [x])])]))
    }
    let program = try Program(planning: graph.bound(["batch": 2]), threads: 1)
    #expect(program.steps.map(\.operatorName) == ["Ones"])
    #expect(program.outputs.map(\.sizes) == [[15]])
    #expect(program.inputs.isEmpty)
  }

  @Test func updatesRunWhenTheirGradientsAreThere() throws {
    // Gradients of eight layers first, then eight updates, as a builder would write them.
    let graph = try Graph.build("training") { b in
      var x = b.input("x", .float32, [1024])
      let parameters = (0..<8).map { b.parameter("p\($0)", ramp(1024)) }
      let moments = (0..<8).map { b.parameter("m\($0)", ramp(1024)) }
      var gradients: [Tensor] = []
      for p in parameters {
        x = b.plus(b.backwards(x), p)
        gradients.append(b.backwards(x))
      }
      for ((p, m), g) in zip(zip(parameters, moments), gradients) {
        let made = b.apply(Momentum(), [p, m, g], outputs: 2)
        b.update(p, with: made[0])
        b.update(m, with: made[1])
      }
      b.output("loss", x)
    }
    let program = try Program(planning: graph, threads: 1)
    #expect(program.statesInPlace.count == 16)
    // One gradient, its scratch and the running value: not eight gradients.
    #expect(program.memory.arenaByteCount <= 3 * 4096)
  }

  @Test func aCycleIsAnError() throws {
    var graph = try Graph.build("cycle") { b in
      let x = b.input("x", .float32, [8])
      let y = b.flip(x)
      b.output("y", b.flip(y))
    }
    graph.nodes[0].inputs = [graph.nodes[1].outputs[0]]
    let error = #expect(throws: RuntimeError.self) { try Program(planning: graph, threads: 1) }
    #expect(error?.kind == .planning)
  }

  @Test func unboundSymbolsAreNamed() throws {
    let graph = try Graph.build("symbols") { b in
      b.output("y", b.flip(b.input("x", .float32, [.symbol("batch")])))
    }
    let error = #expect(throws: RuntimeError.self) { try Program(planning: graph, threads: 1) }
    #expect(error?.message.contains("batch") == true)
  }
}
