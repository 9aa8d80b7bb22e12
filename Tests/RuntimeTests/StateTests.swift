import Graphs
import Tensors
import Testing

@testable import Runtime

@Suite struct StateTests {
  /// p, m ← momentum(p, m, g); outputs p as it was.
  private func training() throws -> Graph {
    try Graph.build("training") { b in
      let g = b.input("g", .float32, [2])
      let p = b.parameter("p", NDArray([1, 2] as [Float], [2]))
      let m = b.parameter("m", NDArray([0, 0] as [Float], [2]))
      let made = b.apply(Momentum(), [p, m, g], outputs: 2)
      b.update(p, with: made[0])
      b.update(m, with: made[1])
      b.output("before", p)
      b.output("flipped", b.flip(p))
    }
  }

  private func vector(_ values: Float...) -> NDArray { NDArray(values, [values.count]) }

  @Test func stepsUpdateStatesAndRunsDoNot() throws {
    let graph = try training()
    let session = try Session(graph)
    #expect(session.stateNames == ["p", "m"])
    #expect(try session.step(["g": vector(1, 1)], outputs: ["before"]) == ["before": vector(1, 2)])
    #expect(try session.state(named: "p") == vector(0, 1))
    #expect(try session.state(named: "m") == vector(1, 1))
    #expect(try session.run([:], outputs: ["flipped"])["flipped"] == vector(3, 2))
    #expect(try session.state(named: "p") == vector(0, 1))
    let snapshot = try session.state(named: "p")
    try session.step(["g": vector(1, 1)], outputs: [])
    #expect(snapshot == vector(0, 1))
    #expect(try session.state(named: "p") == vector(-1.5, -0.5))
    // The initializers are as they were.
    #expect(graph.constants.values.contains(vector(1, 2)) && graph.constants.values.contains(vector(0, 0)))
  }

  @Test func theLastReaderWritesOverTheState() throws {
    let session = try Session(training())
    let alone = try session.program([:], outputs: [], updates: true)
    #expect(alone.statesInPlace.count == 2)
    // `before` is asked for, so p must survive until the end; m need not.
    let with = try session.program([:], outputs: ["before"], updates: true)
    #expect(with.statesInPlace.map { with.states[$0].name } == ["m"])
    // `flipped` reads p first.
    let flipped = try session.program([:], outputs: ["flipped"], updates: true)
    #expect(flipped.statesInPlace.count == 2)
    #expect(flipped.steps.map(\.operatorName) == ["Flip", "Momentum"])
    #expect(try session.step(["g": vector(1, 1)], outputs: ["flipped"])["flipped"] == vector(2, 1))
  }

  @Test func statesCanBeSet() throws {
    let session = try Session(training())
    try session.setState(named: "p", to: vector(5, 6))
    #expect(try session.run([:], outputs: ["before"])["before"] == vector(5, 6))
    #expect(throws: RuntimeError.self) { try session.setState(named: "p", to: vector(5)) }
    #expect(throws: RuntimeError.self) { try session.setState(named: "p", to: NDArray([5, 6] as [Int64], [2])) }
    #expect(throws: RuntimeError.self) { try session.setState(named: "g", to: vector(5, 6)) }
    #expect(throws: RuntimeError.self) { try session.setStates(["p": vector(0, 0), "m": vector(0)]) }
    #expect(try session.states() == ["p": vector(5, 6), "m": vector(0, 0)])
    try session.setStates(["p": vector(1, 2), "m": vector(3, 4)])
    #expect(try session.states(named: ["m"]) == ["m": vector(3, 4)])
  }

  @Test func variablesAreNotFixed() throws {
    let graph = try Graph.build("rate") { b in
      let rate = b.parameter("rate", NDArray([Int64(1)], [1]))
      b.output("next", b.apply(Next(), [rate]))
    }
    let session = try Session(graph, options: .init(variables: ["rate"]))
    #expect(try session.run([:])["next"] == NDArray([Int64(2)], [1]))
    try session.setState(named: "rate", to: NDArray([Int64(10)], [1]))
    #expect(try session.run([:])["next"] == NDArray([Int64(11)], [1]))
    #expect(throws: RuntimeError.self) { try Session(graph, options: .init(variables: ["speed"])) }
  }

  /// An integer state's first numbers are known while a graph is built; they must not fold.
  @Test func aStepCounterCounts() throws {
    let graph = try Graph.build("counter") { b in
      let step = b.state("step", NDArray([Int64(0)], [1]))
      b.update(step, with: b.apply(Next(), [step]))
    }
    let session = try Session(graph)
    for _ in 0..<3 { try session.step([:]) }
    #expect(try session.state(named: "step") == NDArray([Int64(3)], [1]))
  }

  @Test func updatesHappenAllAtOnce() throws {
    let session = try Session(
      Graph.build("turn") { b in
        let states = (0..<3).map { b.parameter("s\($0)", vector(Float($0))) }
        for index in 0..<3 { b.update(states[index], with: states[(index + 1) % 3]) }
        b.output("sum", b.plus(states[0], states[2]))
      })
    #expect(try session.step([:])["sum"] == vector(2))
    #expect(try (0..<3).map { try session.state(named: "s\($0)") } == [vector(1), vector(2), vector(0)])
  }

  @Test func aRefusedRunLeavesStatesAlone() throws {
    // The indices of the second pick are computed: they can only be looked at once they are there.
    let graph = try Graph.build("refused") { b in
      let indices = b.input("indices", .int64, [2])
      let p = b.parameter("p", vector(1, 2))
      let m = b.parameter("m", vector(0, 0))
      let picked = b.apply(Picked(), [p, indices])
      let made = b.apply(Momentum(), [p, m, picked], outputs: 2)
      b.update(p, with: made[0])
      b.update(m, with: made[1])
      b.output("late", b.apply(Picked(), [b.backwards(made[1]), b.apply(Next(), [indices])]))
    }
    let session = try Session(graph)
    let program = try session.program([:], updates: true)
    #expect(program.statesInPlace.count == 2)
    for indices in [[0, 2], [0, 1], [-1, 0]] as [[Int64]] {
      let error = #expect(throws: RuntimeError.self) { try session.step(["indices": NDArray(indices, [2])]) }
      #expect(error?.kind == .data && error?.place.hasPrefix("Picked") == true)
      #expect(error?.message.contains("is outside of 0..<2") == true)
    }
    #expect(try session.state(named: "p") == vector(1, 2))
    #expect(try session.state(named: "m") == vector(0, 0))
    #expect(try session.step(["indices": NDArray([Int64(0), 0], [2])])["late"] == vector(1, 1))
    #expect(try session.state(named: "p") == vector(0, 1))
  }

  /// The index is the updated state itself: it cannot be looked at before, so the state is not written over.
  @Test func anUpdateThatDecidesACheckIsHeldBack() throws {
    let graph = try Graph.build("held back") { b in
      let step = b.state("step", NDArray([Int64(0)], [1]))
      let next = b.apply(Next(), [step])
      b.update(step, with: next)
      b.output("picked", b.apply(Picked(), [b.input("x", .float32, [2]), next]))
    }
    let session = try Session(graph)
    #expect(try session.program([:], updates: true).statesInPlace.isEmpty)
    #expect(try session.program([:], outputs: [], updates: true).statesInPlace.count == 1)
    #expect(try session.step(["x": vector(5, 6)])["picked"] == vector(6))
    let error = #expect(throws: RuntimeError.self) { try session.step(["x": vector(5, 6)]) }
    #expect(error?.kind == .data && error?.message.contains("index 2 is outside of 0..<2") == true)
    #expect(try session.state(named: "step") == NDArray([Int64(1)], [1]))
  }
}
