import Graphs
import Tensors
import Testing

@testable import ONNX

struct TrainingTests {
  /// y = x · W; loss = mean affine(y); W follows a made-up gradient, and a counter counts.
  static func model() throws -> Model {
    func inference(_ b: GraphBuilder) -> (x: Tensor, w: Tensor, y: Tensor) {
      let x = b.input("x", .float32, [.symbol("batch"), 4])
      let w = b.parameter("W", .ramp(4, 3))
      return (x, w, b.apply(MatMul(), [x, w], name: "y"))
    }
    let graph = try Graph.build("net") { b in b.output("y", inference(b).y) }
    let step = try Graph.build("step") { b in
      let (x, w, y) = inference(b)
      let target = b.input("target", .float32, [.symbol("batch"), 3])
      let rate = b.parameter("rate", NDArray(Float(0.5)))
      let moment = b.state("W.m", NDArray([Float](repeating: 0, count: 12), [4, 3]))
      let count = b.state("step", NDArray([Int64(0)], [1]))
      let difference = b.apply(Sub(), [y, target])
      let first = b.apply(Affine(scale: 2, shift: 1), [difference], name: "affine")
      let second = b.apply(Affine(scale: 3, shift: 1), [first])
      let third = b.apply(Affine(scale: 2, shift: 1), [second])
      let parts = b.apply(TwoResults(axes: [-1]), [third, nil, difference], outputs: 2, name: "two")
      let loss = b.apply(ReduceMean(keepsDimensions: false), [parts[0]], name: "loss")
      let transposed = b.apply(Transpose(permutation: [1, 0]), [x])
      let gradient = b.apply(MatMul(), [transposed, parts[1]], name: "W.gradient")
      let next = b.apply(Sub(), [w, b.apply(Mul(), [gradient, rate])], name: "W.next")
      b.output("loss", loss)
      b.output("rate_used", rate)
      b.update(w, with: next)
      b.update(moment, with: gradient)
      b.update(count, with: b.apply(Add(), [count, b.constant([1])]))
    }
    let initialization = try Graph.build("initialization") { b in
      b.output("W.first", b.apply(RandomNormal(scale: 0.1, seed: 1, shape: [4, 3]), [], name: "W.first"))
      b.output("step.first", b.constant([0]))
    }
    return Model(
      graph: graph,
      training: TrainingInfo(
        step: step, initialization: initialization, bindings: [("W", "W.first"), ("step", "step.first")]))
  }

  @Test func stepsComeBackAsTheyWere() throws {
    let model = try Self.model()
    let wire = try ModelWriter(model, WriteOptions()).wire()
    #expect(wire.functions.map(\.name) == ["Affine", "Affine_2", "TwoResults"])
    let back = try wire.read()
    let (step, written) = try (#require(back.training).step, #require(model.training).step)
    #expect(back.graph.words == model.graph.words)
    let isConstant = { (line: String) in line.hasPrefix("constant") }
    #expect(step.words.filter { !isConstant($0) } == written.words.filter { !isConstant($0) })
    #expect(step.words.filter(isConstant) == written.words.filter(isConstant))
    #expect(try #require(back.training?.initialization).nodes.count == 1)
    #expect(back.training?.bindings.map(\.state) == ["W", "step"])
    #expect(Array(step.nodes.prefix(back.graph.nodes.count)).map(\.name) == back.graph.nodes.map(\.name))
    #expect(try back.serialized() == model.serialized())
  }

  @Test func withoutTrainingOnlyTheGraphIsRead() throws {
    var options = ReadOptions()
    options.readsTraining = false
    let wire = try ModelWriter(try Self.model(), WriteOptions()).wire()
    #expect(try wire.read(options).training == nil)
  }

  /// The name of a function promises nothing: a body that says something else is what counts.
  @Test func editedBodiesAreInlined() throws {
    var wire = try ModelWriter(try Self.model(), WriteOptions()).wire()
    let index = try #require(wire.functions.firstIndex { $0.name == "Affine" })
    let add = try #require(wire.functions[index].nodes.firstIndex { $0.type == "Add" })
    wire.functions[index].nodes[add].type = "Sub"
    let step = try #require(try wire.read().training).step
    #expect(step.nodes.filter { $0.op is Affine }.map { ($0.op as? Affine)?.scale } == [3])
    #expect(step.nodes.contains { $0.name == "affine/Sub" || $0.name.hasPrefix("affine/") && $0.op is Sub })
  }

  @Test func editedConstantsAreInlined() throws {
    var wire = try ModelWriter(try Self.model(), WriteOptions()).wire()
    for index in wire.functions.indices where wire.functions[index].name.hasPrefix("Affine") {
      let constant = try #require(wire.functions[index].nodes.firstIndex { $0.type == "Constant" })
      wire.functions[index].nodes[constant].attributes[0].content = .value(.tensor(NDArray(Float(77))))
    }
    #expect(try #require(try wire.read().training).step.nodes.allSatisfy { !($0.op is Affine) })
  }

  @Test func attributesThatTheBodyContradictsDoNotCount() throws {
    var wire = try ModelWriter(try Self.model(), WriteOptions()).wire()
    let node = try #require(wire.training[0].algorithm?.nodes.firstIndex { $0.name == "affine" })
    wire.training[0].algorithm?.nodes[node].attributes[0].content = .value(.float(99))
    #expect(try #require(try wire.read().training).step.nodes.filter { $0.op is Affine }.count == 2)
  }

  @Test func otherNamesAndOrderInABodyDoNotMatter() throws {
    var wire = try ModelWriter(try Self.model(), WriteOptions()).wire()
    for index in wire.functions.indices {
      let map = { (name: String) in name.isEmpty ? "" : "v_" + name }
      wire.functions[index].inputs = wire.functions[index].inputs.map(map)
      wire.functions[index].outputs = wire.functions[index].outputs.map(map)
      for node in wire.functions[index].nodes.indices {
        let n = wire.functions[index].nodes[node]
        wire.functions[index].nodes[node].inputs = n.inputs.map(map)
        wire.functions[index].nodes[node].outputs = n.outputs.map(map)
      }
    }
    #expect(try #require(try wire.read().training).step.nodes.filter { $0.op is Affine }.count == 3)
  }

  /// Each edit, and what the reader must say of it.
  static let faults: [(String, @Sendable (inout WireModel) -> Void, String)] = [
    ("no algorithm", { $0.training[0].algorithm = nil }, "no algorithm"),
    ("empty algorithm", { $0.training[0].algorithm?.nodes = [] }, "no algorithm"),
    ("no updates", { $0.training[0].updateBinding = [] }, "update_binding is empty"),
    ("two infos", { $0.training.append($0.training[0]) }, "2 training_info entries"),
    ("unknown key", { $0.training[0].updateBinding[0].key = "V" }, "V: is a key of update_binding, but no initializer"),
    ("key twice", { $0.training[0].updateBinding[1].key = "W" }, "W: is a key of update_binding twice"),
    ("unknown value", { $0.training[0].updateBinding[0].value = "z" }, "W: takes its update from z"),
    (
      "other shape", { $0.training[0].updateBinding[1].value = "loss" },
      "W.m: is f32[4, 3], but its update loss is f32[]"
    ),
    ("missing output", { $0.training[0].algorithm?.outputs[0].name = "q" }, "q: is an output of"),
    ("output twice", { $0.training[0].algorithm?.outputs[1].name = "loss" }, "loss: is an output"),
    (
      "clash", { $0.training[0].algorithm?.initializers.append(WireTensor(name: "W", array: .ramp(1))) },
      "W: names one value of the graph and another of the algorithm"
    ),
    ("no initialization", { $0.training[0].initialization = nil }, "there is no initialization"),
    (
      "unknown first value", { $0.training[0].initializationBinding[0].value = "q" },
      "W: takes its first value from q"
    ),
    (
      "first value of another type", { $0.training[0].initializationBinding[0].value = "step.first" },
      "W: is f32[4, 3], but its first value step.first is i64[1]"
    ),
    ("first value twice", { $0.training[0].initializationBinding[1].key = "W" }, "initialization_binding twice"),
  ]

  @Test(arguments: faults.indices)
  func faultsAreNamed(index: Int) throws {
    let (name, edit, words) = Self.faults[index]
    var wire = try ModelWriter(try Self.model(), WriteOptions()).wire()
    edit(&wire)
    let said = complaint { try wire.read() }
    #expect(said.contains(words), "\(name): \(said)")
  }

  @Test func aStepMustBeginWithTheGraph() throws {
    var model = try Self.model()
    model.graph.nodes[0].name = "other"
    #expect(complaint { try model.serialized() }.contains("does not begin with the nodes of the inference graph"))
  }
}
