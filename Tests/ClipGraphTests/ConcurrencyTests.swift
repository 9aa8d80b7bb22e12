import ClipGraph
import Foundation
import Graphs
import Operators
import Synchronization
import Tensors
import Testing

/// Who shares a model with other threads gets what it would have got alone, to the bit.
@Suite("Models that many threads use at once")
struct ConcurrencyTests {
  private static let file = Peer.root + "/models/shapes.onnx"
  private static let names = [
    "cyan-triangle", "orange-star", "purple-cross", "red-circle", "white-square", "yellow-ring",
  ]

  /// Features of some pictures and captions; which and how many depends on `number` below 6.
  private static func features(_ clip: CLIP, _ number: Int) throws -> [[Float]] {
    let chosen = (0...number % 3).map { names[(number + $0) % names.count] }
    let captions = chosen.map { $0.replacing("-", with: " ") } + [String](repeating: "a red circle", count: number % 2)
    let pictures = chosen.map { "\(ShapesModelTests.pictures)/\($0).png" }
    return [try clip.encode(images: pictures).values, try clip.encode(texts: captions).values]
  }

  @Test("callers of one model, while others ask for its memory and have its programs forgotten")
  func oneModel() throws {
    let clip = try CLIP(contentsOf: Self.file, options: CLIP.Options(threads: 2))
    let alone = try (0..<6).map { try Self.features(clip, $0) }
    let together = try onThreads(14) { index in
      if index % 7 == 6 {
        for programs in [false, true, false, true] {
          _ = try clip.engine.session.memory()
          try clip.engine.session.trim(programs: programs)
        }
        return alone[0]
      }
      return try Self.features(clip, index % 7)
    }
    for (index, features) in together.enumerated() { #expect(features == alone[index % 7 % 6], "caller \(index)") }
  }

  @Test("models that are read, compiled and asked at the same time")
  func manyModels() throws {
    let together = try onThreads(6) { index in
      let clip = try CLIP(contentsOf: Self.file, options: CLIP.Options(threads: 1 + index % 2))
      return try Self.features(clip, index % 3)
    }
    let clip = try CLIP(contentsOf: Self.file, options: CLIP.Options(threads: 2))
    for (index, features) in together.enumerated() {
      #expect(try features == Self.features(clip, index % 3), "model \(index)")
    }
  }

  @Test("two models of one graph share its constants")
  func sharedConstants() throws {
    let model = try readModel(Self.file)
    let clips = try onThreads(2) { _ in try CLIP(model, options: CLIP.Options(threads: 2), place: Self.file) }
    let together = try onThreads(4) { index in try Self.features(clips[index % 2], index / 2) }
    for number in 0..<2 { #expect(together[2 * number] == together[2 * number + 1]) }
  }

  /// Equal batches make the order of steps of no account.
  @Test("steps of one training run, and readers who see every state as it is between two steps")
  func training() throws {
    let golden = Golden(name: "vit-gelu")
    let batch = try golden.step(0).filter { ["image", "text"].contains($0.key) }
    let step = try #require(try golden.model(training: true).training).step
    let alone = try Engine(step, compilation: .training, threads: 2)
    var history = [try alone.session.states()]
    for _ in 0..<4 {
      _ = try alone.step(batch)
      history.append(try alone.session.states())
    }
    let shared = try Engine(step, compilation: .training, threads: 2)
    let seen = try onThreads(8) { index in
      if index % 2 == 0 { _ = try shared.step(batch) }
      return try shared.session.states()
    }
    for (index, states) in seen.enumerated() { #expect(history.contains(states), "reader \(index)") }
    #expect(try shared.session.states() == history[4])
  }

  @Test("callers who give a graph numbers in place of its defaults")
  func defaults() throws {
    var graph = try Graph.build("g") { b in
      b.output("y", b.input("x", .float32, [4]) * b.parameter("w", NDArray([1, 1, 1, 1] as [Float], [4])))
    }
    graph.defaults = ["w"]
    let engine = try Engine(graph, compilation: .inference, threads: 2)
    let products = try onThreads(8) { index in
      let x = NDArray([1, 2, 3, 4] as [Float], [4])
      let w = NDArray([Float](repeating: Float(index), count: 4), [4])
      return try engine.run(index == 1 ? ["x": x] : ["x": x, "w": w])["y"]
    }
    for (index, product) in products.enumerated() {
      #expect(product == NDArray([1, 2, 3, 4].map { Float($0 * index) }, [4]))
    }
  }
}

/// What `body` gives for each index below `count`, on as many threads at once.
private func onThreads<Value: Sendable>(
  _ count: Int, _ body: @escaping @Sendable (Int) throws -> Value
) throws -> [Value] {
  let results = Mutex<[Int: Result<Value, any Error>]>([:])
  let ended = DispatchSemaphore(value: 0)
  for index in 0..<count {
    let thread = Thread {
      let result = Result { try body(index) }
      results.withLock { $0[index] = result }
      ended.signal()
    }
    thread.stackSize = 8 << 20
    thread.start()
  }
  for _ in 0..<count { ended.wait() }
  let all = results.withLock { $0 }
  return try (0..<count).map { try #require(all[$0]).get() }
}
