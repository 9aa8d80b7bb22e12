import Graphs
import Tensors
import Testing

@testable import Runtime

@Suite struct SessionTests {
  /// y = flip(x) + x for any batch; z needs u only.
  private func twoOutputs() throws -> Graph {
    try Graph.build("two") { b in
      let x = b.input("x", .float32, [.symbol("batch"), 4])
      let u = b.input("u", .float32, [.symbol("batch")])
      b.output("y", b.plus(b.flip(x), x))
      b.output("z", b.backwards(u))
    }
  }

  private func rows(_ count: Int) -> NDArray { NDArray([Float](repeating: 2, count: count * 4), [count, 4]) }

  @Test func onlyWhatIsNeededMustBeGiven() throws {
    let session = try Session(twoOutputs())
    #expect(try session.run(["u": ramp(3)], outputs: ["z"]) == ["z": NDArray([2, 1, 0] as [Float], [3])])
    let both = try session.run(["x": rows(2), "u": ramp(2)])
    #expect(both["y"] == NDArray([Float](repeating: 3, count: 8), [2, 4]))
    #expect(both.count == 2)
    let error = #expect(throws: RuntimeError.self) { try session.run(["u": ramp(3)]) }
    #expect(error?.kind == .missingInput && error?.place == "x")
  }

  @Test func wrongInputsAreNamed() throws {
    let session = try Session(twoOutputs())
    func failure(_ inputs: [String: NDArray], _ outputs: [String]? = nil) -> RuntimeError? {
      #expect(throws: RuntimeError.self) { try session.run(inputs, outputs: outputs) }
    }
    let disagreeing = failure(["x": rows(2), "u": ramp(3)])
    #expect(disagreeing?.kind == .wrongShape)
    #expect(disagreeing?.message.contains("batch is 2 in x, but 3 in u") == true)
    let fixed = failure(["x": NDArray([0, 0, 0] as [Float], [1, 3]), "u": ramp(1)])
    #expect(fixed?.kind == .wrongShape && fixed?.message.contains("f32[1, 3]") == true)
    #expect(fixed?.message.contains("f32[batch, 4]") == true)
    #expect(failure(["u": NDArray([Int64(1)], [1])], ["z"])?.kind == .wrongType)
    #expect(failure(["u": NDArray(Float(1))], ["z"])?.kind == .wrongShape)
    #expect(failure(["v": ramp(1)])?.kind == .unknownName)
    #expect(failure(["u": ramp(1)], ["nothing"])?.kind == .unknownName)
  }

  @Test func derivedExtentsAreCompared() throws {
    let session = try Session(
      Graph.build("derived") { b in
        let n = Dimension.symbol("n")
        let x = b.input("x", .float32, [n * 2 + 1])
        b.output("y", b.apply(Joined(), [x, b.input("u", .float32, [n])]))
      })
    #expect(try session.run(["x": ramp(5), "u": ramp(2)])["y"]?.sizes == [7])
    let error = #expect(throws: RuntimeError.self) { try session.run(["x": ramp(4), "u": ramp(2)]) }
    #expect(error?.kind == .wrongShape && error?.message.contains("is 5, not 4") == true)
  }

  @Test func programsAreKeptUpToALimit() throws {
    let session = try Session(twoOutputs(), options: .init(maximumPrograms: 2))
    for size in [1, 2, 3, 1] { _ = try session.run(["u": ramp(size)], outputs: ["z"]) }
    #expect(try session.memory().programCount == 2)
    try session.trim(programs: true)
    #expect(try session.memory() == .init(arenaByteCount: 0, constantByteCount: 0, stateByteCount: 0, programCount: 0))
    #expect(try session.run(["u": ramp(2)], outputs: ["z"])["z"] == NDArray([1, 0] as [Float], [2]))
  }

  @Test func manyThreadsGetTheirOwnAnswers() async throws {
    let calls = Counter()
    let session = try Session(twoOutputs(), options: .init(threads: 3, prepareThread: { calls.add($0) }))
    try await withThrowingTaskGroup(of: Void.self) { group in
      for index in 0..<64 {
        group.addTask {
          let count = index % 5 + 1
          let y = try session.run(["u": ramp(count, Float(index))], outputs: ["z"])["z"]
          let expected = (0..<count).reversed().map { Float($0) * Float(index) }
          #expect(y == NDArray(expected, [count]))
        }
      }
      try await group.waitForAll()
    }
    #expect(calls.sum == 3)
  }

  @Test func dataThatDecidesAShapeIsReadWhenItMustBe() throws {
    var graph = try Graph.build("data") { b in
      b.output("ones", b.apply(Ones(), [b.constant([5])]))
      b.output("next", b.apply(Next(), [b.input("other", .int64, [2])]))
    }
    let length = try #require(graph.constants.keys.first)
    graph[length] = Value(name: "length", type: graph[length].type)
    graph.constants = [:]
    graph.inputs.append(length)
    let session = try Session(graph)
    for (count, other) in [(3, 0), (4, 0), (3, 1)] {
      let results = try session.run([
        "length": NDArray([Int64(count)], [1]), "other": NDArray([Int64(other), 1], [2]),
      ])
      #expect(results["ones"] == NDArray([Float](repeating: 1, count: count), [count]))
      #expect(results["next"] == NDArray([Int64(other + 1), 2], [2]))
    }
    // `other` decides nothing: its numbers make no new program.
    #expect(try session.memory().programCount == 2)
    let error = #expect(throws: RuntimeError.self) { try session.program([:]) }
    #expect(error?.kind == .dependsOnData)
  }

  @Test func aGraphIsSpecialisedOnceABinding() throws {
    let calls = Counter()
    let options = Session.Options(specialise: { graph in
      calls.add(1)
      return try graph.pruned()
    })
    let session = try Session(twoOutputs(), options: options)
    for size in [2, 3, 2] { _ = try session.run(["u": ramp(size)], outputs: ["z"]) }
    #expect(calls.sum == 2)
  }

  @Test func aPreparedRunUsesTheCallersMemory() throws {
    let session = try Session(twoOutputs())
    let run = try session.prepare(["u": ramp(3)], outputs: ["z"])
    #expect(run.program.inputs.map(\.name) == ["u"] && run.program.outputs.map(\.sizes) == [[3]])
    let result = try NDArray(zeros: .float32, [3])
    for round in 1...4 {
      let input = ramp(3, Float(round))
      let (sources, targets) = ([UnsafeRawPointer(input.address)], [result.address])
      let failure = sources.withUnsafeBufferPointer { sources in
        targets.withUnsafeBufferPointer { targets in
          do throws(RuntimeError) {
            try run.run(inputs: sources, outputs: targets)
            return nil as RuntimeError?
          } catch { return error }
        }
      }
      #expect(failure == nil)
      #expect(result == NDArray([2, 1, 0].map { Float($0 * round) }, [3]))
      if round == 2 { try session.trim() }
    }
  }

  @Test func aProfileAddsUpStepsAndRuns() throws {
    let session = try Session(twoOutputs())
    #expect(try session.stopProfile() == nil)
    try session.startProfile()
    for _ in 0..<3 { _ = try session.run(["x": rows(1), "u": ramp(1)]) }
    let profile = try #require(try session.stopProfile())
    #expect(profile.runs == 3)
    #expect(Set(profile.kernels.map(\.kernel)) == ["flip", "plus", "backwards"])
    #expect(profile.nodes.allSatisfy { $0.calls == 3 && $0.flops == 3 && $0.bytes == 24 })
    #expect(profile.milliseconds > 0)
  }
}

/// Adds numbers from any thread.
final class Counter: @unchecked Sendable {
  private let lock = Lock()
  private var total = 0
  var sum: Int { lock.held { total } }
  func add(_ number: Int) { lock.held { total += number } }
}
