import Foundation
import Graphs
import Tensors
import Testing

@testable import ONNX

struct FileTests {
  let directory: TemporaryDirectory
  init() throws { directory = try TemporaryDirectory() }

  func read(_ name: String, _ options: ReadOptions = ReadOptions()) throws -> Model {
    try Model(contentsOf: directory.path(name), catalogue: TestOperators.catalogue, options: options)
  }

  /// A parameter of two pages and a half, a small one, and two states of zeros.
  static func large() throws -> Model {
    let graph = try Graph.build("net") { b in
      let x = b.input("x", .float32, [.symbol("batch"), 128])
      let y = b.apply(MatMul(), [x, b.parameter("W", .ramp(128, 200))])
      b.output("y", b.apply(Add(), [y, b.parameter("b", .ramp(200))], name: "y"))
      b.output("c", b.parameter("C", .ramp(400)))
    }
    let builder = GraphBuilder(extending: graph)
    let w = Tensor(builder, graph.value(named: "W"))
    for name in ["W.m", "W.v"] {
      let zeros = builder.parameter(name, NDArray([Float](repeating: 0, count: 128 * 200), [128, 200]))
      builder.update(zeros, with: builder.apply(Add(), [w, zeros]))
    }
    builder.output("loss", builder.apply(ReduceMean(), [w], name: "loss"))
    return Model(graph: graph, training: TrainingInfo(step: try builder.finish()))
  }

  @Test func fileProblemsAreOneLineEach() throws {
    let whole = try Self.large().serialized()
    let files: [(String, [UInt8]?, String)] = [
      ("missing.onnx", nil, "cannot open: No such file"), ("empty.onnx", [], "is empty"),
      ("cut.onnx", Array(whole.prefix(whole.count / 2)), "is not an ONNX model, or is damaged"),
      (
        "picture.onnx", [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 13],
        "is not an ONNX model, or is damaged"
      ),
      ("text.onnx", Array("hello, world".utf8), "is not an ONNX model, or is damaged"),
    ]
    for (name, bytes, words) in files {
      if let bytes { try Data(bytes).write(to: directory.url.appending(path: name)) }
      let said = complaint { try read(name) }
      #expect(said.hasPrefix(directory.path(name) + ": ") && said.contains(words), "\(said)")
      #expect(!said.contains("\n"))
    }
    #expect(complaint { try read(".") }.contains("is not a regular file"))
  }

  @Test func everyCutIsRefused() throws {
    let whole = try Model(graph: try RoundTripTests.graph()).serialized()
    for length in 0..<whole.count {
      // A cut between two fields of the model leaves a well-formed, shorter message.
      let model = try? Model(bytes: Array(whole.prefix(length)), catalogue: TestOperators.catalogue)
      if let model { #expect(length > whole.count - 64 && model.graph.nodes.count > 0) }
    }
  }

  @Test func weightsLieBesideTheFileOnRequest() throws {
    let model = try Self.large()
    try model.write(to: directory.path("m.onnx"), options: WriteOptions(weights: .external))
    #expect(directory.names == ["m.onnx", "m.onnx.data"])
    var wire = try ModelWriter(model, WriteOptions()).wire()
    let layout = WeightLayout.externalise(&wire, location: "m.onnx.data")
    let inference = try #require(wire.graph).initializers
    let places = Dictionary(inference.map { ($0.name, $0.external) }) { first, _ in first }
    #expect(inference.contains { $0.name == "b" && $0.external == nil })
    #expect(try #require(places["W"]??.offset).isMultiple(of: 4096))
    #expect(try #require(places["C"]??.offset).isMultiple(of: 64))
    let zeros = try #require(wire.training[0].algorithm).initializers.compactMap(\.external)
    #expect(zeros.count == 2 && Set(zeros.map(\.offset)).count == 1)
    #expect(layout.byteCount == zeros[0].offset + 128 * 200 * 4)
    let status = try FileManager.default.attributesOfItem(atPath: directory.path("m.onnx.data"))
    #expect(status[.size] as? Int == layout.byteCount)

    let back = try read("m.onnx")
    #expect(back.graph.words == model.graph.words)
    // The step's outputs are those of the algorithm alone.
    let written = try #require(model.training).step.words.filter {
      !$0.hasPrefix("output c") && !$0.hasPrefix("output y")
    }
    #expect(try #require(back.training).step.words.sorted() == written.sorted())
    // A model that is read from a file can be written over it.
    try back.write(to: directory.path("m.onnx"), options: WriteOptions(weights: .external))
    #expect(try read("m.onnx").graph.words == model.graph.words)
  }

  @Test func theLimitDecidesWhereWeightsLie() throws {
    let model = try Self.large()
    try model.write(to: directory.path("in.onnx"))
    #expect(directory.names == ["in.onnx"])
    try model.write(to: directory.path("out.onnx"), options: WriteOptions(weights: .automatic(limit: 1000)))
    #expect(directory.names == ["in.onnx", "out.onnx", "out.onnx.data"])
    #expect(try read("in.onnx").graph.words == read("out.onnx").graph.words)
  }

  @Test func failuresLeaveTheOldFile() throws {
    try Self.large().write(to: directory.path("m.onnx"))
    let before = try Data(contentsOf: directory.url.appending(path: "m.onnx"))
    let bad = try Graph.build("g") { b in b.output("y", b.apply(Opaque(), [b.input("x", .float32, [1])])) }
    #expect(throws: ONNXError.self) { try Model(graph: bad).write(to: directory.path("m.onnx")) }
    do {
      let file = try AtomicFile(directory.path("m.onnx"))
      try before.withUnsafeBytes { try file.write($0, at: 0) }
    }
    #expect(try Data(contentsOf: directory.url.appending(path: "m.onnx")) == before)
    #expect(directory.names == ["m.onnx"])
    let nowhere = complaint { try Self.large().write(to: directory.path("no/such/m.onnx")) }
    #expect(nowhere.contains("no/such/m.onnx: cannot write: No such file"))
    #expect(complaint { try Self.large().write(to: directory.url.path) }.contains("is a directory"))
  }

  @Test(.enabled(if: FileManager.default.fileExists(atPath: "/dev/full"), "/dev/full is absent"))
  func aFullDiskSaysSo() {
    let said = AtomicFile.failure("m.onnx", ENOSPC).description
    #expect(said == "m.onnx: cannot write: No space left on device (free some space, or write elsewhere)")
  }
}
