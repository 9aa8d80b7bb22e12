import Graphs
import Operators
import Passes
import Tensors
import Testing

/// The laws of rules: each fires exactly once on its own pattern, keeps the numbers, and leaves a graph alone in which others
/// read what it would remove.
struct RuleTests {
  @Test(arguments: RuleCase.all)
  func firesOnce(_ rule: RuleCase) throws {
    let graph = try rule.graph()
    let log = RewriteLog(explaining: rule.rule.name)
    let after = try graph.rewritten(by: [rule.rule], traits: .standard, log: log)
    #expect(log.applications == [rule.rule.name: 1], "\(graph) \(log.entries)")
    #expect(after.operators == rule.expected)
    #expect(try Evaluation.difference(graph, after) < 1e-5)
    #expect(after[after.outputs[0].value].type == graph[graph.outputs[0].value].type)
  }

  @Test(arguments: RuleCase.fusions + RuleCase.rows + RuleCase.updates)
  func innerValuesOfOthersStay(_ rule: RuleCase) throws {
    let graph = try rule.graph()
    let fused = try graph.rewritten(by: [rule.rule], traits: .standard)
    // Values that the rule makes disappear.
    let kept = Set(fused.nodes.map(\.name))
    let root = graph.outputs[0].value
    let inner = graph.nodes.indices.filter {
      !kept.contains(graph.nodes[$0].name) && graph.nodes[$0].outputs[0] != root
    }
    for index in inner {
      let asked = try rule.graph(alsoRead: index)
      let log = RewriteLog()
      let after = try asked.rewritten(by: [rule.rule], traits: .standard, log: log)
      // Taking in a Transpose costs nothing, whoever else reads it.
      if asked.nodes[index].op is Transpose { continue }
      #expect(log.applications.isEmpty, "\(asked.nodes[index].name) is asked for: \(log.entries)")
      #expect(after.operators == asked.operators)
    }
  }

  @Test(arguments: ["Tile", "Reciprocal", "CastLike", "ConstantOfShape"])
  func canonicalSpellings(name: String) throws {
    let graph = try Graph.example { b, noise in
      let x = b.input("x", .float32, [.symbol("batch"), 8])
      switch name {
      case "Tile":
        let repeats = concatenated([x.dimension(0), b.constant([1])], axis: 0)
        b.output("y", b.apply(Tile(), [b.parameter("v", noise.array([1, 8])), repeats]))
      case "Reciprocal": b.output("y", x * (x * x + 1).reciprocal())
      case "CastLike": b.output("y", b.apply(CastLike(), [x.greater(than: b.constant(0)), x]))
      default: b.output("y", b.apply(ConstantOfShape(NDArray([Float(2)], [1])), [x.dimension(0)]))
      }
    }
    let after = try Pipeline.canonical.run(graph)
    #expect(!after.operators.contains(name), "\(after)")
    #expect(try Evaluation.difference(graph, after) < 1e-6)
  }

  @Test func aDivisorStaysExact() throws {
    let graph = try Graph.example { b, _ in b.output("y", b.input("x", .float32, [3]) / 3) }
    #expect(try Pipeline.inference.run(graph).operators == ["Div"])
  }

  @Test func reversingIsNoSliceOfAll() throws {
    let graph = try Graph.example { b, _ in
      let x = b.input("x", .float32, [3])
      b.output("y", b.apply(Slice(), [x, b.constant([-1]), b.constant([-9]), b.constant([0]), b.constant([-1])]))
    }
    #expect(try Pipeline.inference.run(graph).operators == ["Slice"])
  }

  @Test func outputsKeepValuesOfTheirOwn() throws {
    let graph = try Graph.example { b, _ in
      let x = b.input("x", .float32, [3])
      b.output("same", x.identity())
      b.output("again", x.identity())
      b.output("one", (b.constant(1) + b.constant(2)).identity())
    }
    let after = try Pipeline.inference.run(graph)
    #expect(Set(after.outputs.map(\.value)).count == 3)
    #expect(after.outputs.allSatisfy { after.constants[$0.value] == nil && !after.inputs.contains($0.value) })
    #expect(try Evaluation.difference(graph, after) == 0)
  }

  @Test func constantsAreFoldedAndStatesAreNot() throws {
    let graph = try Graph.example { b, noise in
      let x = b.input("x", .float32, [3])
      let (state, weight) = (b.parameter("state", noise.array([3])), b.parameter("weight", noise.array([3])))
      b.output("y", x * weight.exp() + state.exp())
      b.update(state, with: state + x)
    }
    let after = try Pipeline.training.run(graph)
    #expect(after.operators == ["Mul", "Exp", "Add", "Add"])
    #expect(try Evaluation.difference(graph, after) < 1e-6)
  }

  /// A weight that is kept in half precision, and is too large to be cast when constants are folded.
  @Test func weightsInHalfPrecisionAreFolded() throws {
    let filters = (1 << 18) + 1
    let graph = try Graph.example { b, noise in
      let x = b.input("x", .float32, [1, 16, 1, 1])
      let halves = (0..<16 * filters).map { UInt16(0x3800 + $0 % 1000) }
      let bytes = halves.withUnsafeBytes { NDArray(Array($0), [32 * filters]) }
      guard let array = try? NDArray(.float16, [filters, 16, 1, 1], storage: bytes.storage, offset: 0) else { return }
      let weight = b.parameter("weight", array).cast(to: .float32)
      let vector = b.parameter("vector", NDArray((0..<filters).map { 1 + Float($0 % 7) }, [filters]))
      let y = x.convolved(with: weight, strides: [1, 1])
      b.output("y", y.batchNormalization(scale: vector, bias: vector, mean: vector, variance: vector, epsilon: 1e-5))
    }
    let after = try Pipeline.inference.run(graph)
    #expect(after.operators == ["Conv"])
    #expect(try Evaluation.difference(graph, after) < 1e-6)
  }

  /// Token embeddings in half precision: rows are widened, not the table.
  @Test(arguments: [Pipeline.inference, .training])
  func tablesInHalfPrecisionStay(pipeline: Pipeline) throws {
    let graph = try Graph.example { b, _ in
      let bytes = NDArray((0..<32).map { UInt16(0x3c00 + $0) }, [4, 8])
      let table = try? NDArray(.float16, [4, 8], storage: bytes.storage, offset: 0)
      let x = b.input("x", .float32, [.symbol("batch")])
      b.output("y", b.parameter("table", table ?? bytes).cast(to: .float32).gather(x.cast(to: .int32), axis: 0))
    }
    let after = try pipeline.run(graph)
    #expect(after.operators == ["Cast", "Gather", "Cast"])
    #expect(after.constants.values.map(\.scalar) == [.float16])
    #expect(try Evaluation.difference(graph, after) == 0)
  }

  /// Kernels with scratch for each thread.
  @Test func convolutionsOfConstantsAreFolded() throws {
    let graph = try Graph.example { b, noise in
      let x = b.parameter("image", noise.array([1, 3, 96, 96]))
      let y = x.convolved(with: b.parameter("weight", noise.array([8, 3, 3, 3])), strides: [1, 1])
      b.output("y", y * b.input("x", .float32, [1]))
    }
    let after = try Pipeline.inference.run(graph)
    #expect(after.operators == ["Mul"])
    #expect(try Evaluation.difference(graph, after) == 0)
  }

  @Test func statisticsThatAreUpdatedAreNotFolded() throws {
    let graph = try Graph.example { b, noise in
      let x = b.input("x", .float32, [.symbol("batch"), 2, 3, 3])
      b.output("y", x.normalisedConvolution(bias: true, &noise))
      if let mean = b.graph.value(named: "mean") {
        b.update(Tensor(b, mean), with: Tensor(b, mean) * 0.5)
      }
    }
    let after = try Pipeline.inference.run(graph)
    #expect(after.count("BatchNormalization") == 1)
    #expect(try Evaluation.difference(graph, after) == 0)
  }

  @Test func randomNumbersAreNotFolded() throws {
    let graph = try Graph.example { b, _ in
      b.output("y", b.randomNormal([4], mean: 0, deviation: 1, seed: 3) + b.input("x", .float32, [4]))
    }
    #expect(try Pipeline.inference.run(graph).operators == ["RandomNormal", "Add"])
  }

  @Test func commonSubexpressionsAreOne() throws {
    let graph = try Graph.example { b, noise in
      let (x, y) = (b.input("x", .float32, [3]), b.input("z", .float32, [3]))
      b.output("y", (x + y).exp() * (y + x).exp())
    }
    let after = try graph.rewrittenBy(CommonSubexpressions())
    #expect(after.operators == ["Add", "Exp", "Mul"])
    #expect(try Evaluation.difference(graph, after) == 0)
  }

  @Test func whatHasLostItsReadersIsNoCommonSubexpression() throws {
    let graph = try Graph.example { b, _ in
      let x = b.input("x", .float32, [.symbol("batch"), .symbol("sequence")])
      let (zero, one) = (b.constant(NDArray(Int64(0))), b.constant(NDArray(Int64(1))))
      func rangeTo(_ extent: Tensor) -> Tensor { b.range(zero, extent.squeezed([0]), one) }
      let sequence = x.dimension(1)
      let batch = x.dimension(0)
      // Merged with `sequence`, which leaves `batch` without a reader.
      let again = (sequence + batch) - batch
      b.output("a", rangeTo(sequence) + rangeTo(again))
      b.output("b", rangeTo(x.shapeTensor().sliced(axis: 0, from: 0, to: 1)))
    }
    let after = try graph.rewrittenBy(CommonSubexpressions())
    #expect(try Evaluation.difference(graph, after) == 0)
  }

  @Test func extentsAreReadOffInputs() throws {
    let graph = try Graph.example { b, _ in
      let x = b.input("x", .float32, [.symbol("batch"), .symbol("sequence"), 8]).relu()
      b.output(
        "y", x.sum([0], keepDimensions: false).expanded(to: [.symbol("batch"), .symbol("sequence"), 8], like: x))
      b.output("n", x.exp().dimension(1).squeezed([0]))
    }
    let after = try Pipeline.inference.run(graph)
    for node in after.nodes where node.op is ShapeOf { #expect(node.inputs == [after.inputs[0]]) }
    #expect(!after.nodes.contains { $0.op is Exp })
    #expect(try Evaluation.difference(graph, after) < 1e-6)
  }

  @Test(arguments: ["slices", "split", "wrong order", "wrong scale"])
  func selfAttention(spelling: String) throws {
    let graph = try Graph.example { b, noise in
      let x = b.input("x", .float32, [.symbol("batch"), .symbol("sequence"), 24])
      var parts = x.split([8, 8, 8], axis: 2)
      if spelling == "slices" { parts = (0..<3).map { x.sliced(axis: 2, from: 8 * $0, to: 8 * $0 + 8) } }
      if spelling == "wrong order" { parts.swapAt(0, 1) }
      let heads = parts.map { $0.reshaped(shape: b.constant([0, 0, 2, 4])).transposed([0, 2, 1, 3]) }
      let mixed = heads[0].scaledDotProductAttention(
        heads[1], heads[2], scale: spelling == "wrong scale" ? 0.4 : 0.5, causal: true)
      b.output("y", mixed.transposed([0, 2, 1, 3]).reshaped(shape: b.constant([0, 0, 8])))
    }
    let log = RewriteLog()
    let after = try Pipeline.inference.run(graph, log: log)
    let isFused = after.operators == ["SelfAttention"]
    #expect(isFused == !spelling.hasPrefix("wrong"))
    #expect(log.declined("FuseSelfAttention").isEmpty == isFused)
    #expect(try Evaluation.difference(graph, after) < 1e-5)
  }

  @Test(arguments: [0, 1])
  func aTriangleIsCausalAndOthersAreMasks(offset: Int) throws {
    let graph = try Graph.example { b, noise in
      let q = b.input("x", .float32, [.symbol("batch"), 2, 4, 8])
      let mask = (0..<16).map { $0 % 4 <= $0 / 4 + offset ? Float(0) : -.infinity }
      b.output("y", (q.matmul(q.transposed()) + b.parameter("mask", NDArray(mask, [4, 4]))).softmax().matmul(q))
    }
    let after = try Pipeline.inference.run(graph)
    #expect(after.operators == ["ScaledDotProductAttention"])
    #expect((after.nodes[0].op as? ScaledDotProductAttention)?.causal == (offset == 0))
    #expect(try Evaluation.difference(graph, after) < 1e-5)
  }
}

extension Graph {
  fileprivate func rewrittenBy(_ pass: any Pass) throws -> Graph { try Pipeline("test", [pass]).run(self) }
}
