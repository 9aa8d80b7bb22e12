import Graphs
import Operators
import Tensors
import Testing

/// Mistakes are errors that name both sides; none is a crash.
struct MistakeTests {
  struct Mistake: Sendable, CustomTestStringConvertible {
    var op: any Operator
    var inputs: [NDArray?]
    /// A part of the message.
    var message: String
    var testDescription: String { "\(op): \(message)" }
  }

  private static let x = floats([2, 3], seed: 1)

  @Test(arguments: [
    Mistake(op: Add(), inputs: [x, floats([4], seed: 1)], message: "[2, 3] and [4] cannot be broadcast: 3 is not 4"),
    Mistake(op: Add(), inputs: [x, integers([1])], message: "element types differ: f32 and i64"),
    Mistake(op: Add(), inputs: [x], message: "lacks input 1"),
    Mistake(op: Concat(axis: 0), inputs: [x, nil, x], message: "lacks input 1"),
    Mistake(op: Max(), inputs: [x, nil, x], message: "lacks input 1"),
    Mistake(op: And(), inputs: [x, x], message: "must be bool, not f32"),
    Mistake(op: Exp(), inputs: [integers([1])], message: "must be floating point, not i64"),
    Mistake(op: Where(), inputs: [x, x, x], message: "the condition must be bool, not f32"),
    Mistake(op: Clip(), inputs: [x, x], message: "a bound must be a scalar, not [2, 3]"),
    Mistake(op: Reshape(), inputs: [x, integers([4, 2])], message: "[2, 3] has 6 elements, [4, 2] has 8"),
    Mistake(op: Reshape(), inputs: [x, integers([-1, -1])], message: "more than one extent open"),
    Mistake(op: Reshape(), inputs: [x, integers([4, -1])], message: "does not divide"),
    Mistake(op: Reshape(), inputs: [x, integers([1, 1, 0])], message: "is to be kept, but x is [2, 3]"),
    Mistake(op: Reshape(), inputs: [x, integers([-2, -3])], message: "negative extent"),
    Mistake(op: Flatten(axis: 3), inputs: [x], message: "axis 3 is outside of [2, 3]"),
    Mistake(op: Squeeze(axes: [0]), inputs: [x], message: "axis 0 of [2, 3] is 2, not 1"),
    Mistake(op: Unsqueeze(axes: [0, 0]), inputs: [x], message: "axis 0 occurs twice"),
    Mistake(op: Unsqueeze(axes: [Int.min]), inputs: [x], message: "is outside of"),
    Mistake(op: Transpose(permutation: [0, 0]), inputs: [x], message: "no permutation"),
    Mistake(op: Concat(axis: 0), inputs: [x, floats([2, 4], seed: 1)], message: "differ at axis 1"),
    Mistake(op: Split(axis: 1, sizes: [1, 1]), inputs: [x], message: "add up to 2, but axis 1 of [2, 3] is 3"),
    Mistake(op: Split(axis: 0, sizes: [Int.max, Int.max]), inputs: [x], message: "add up to"),
    Mistake(op: Expand(), inputs: [x, integers([3, 2, 2])], message: "cannot be broadcast"),
    Mistake(op: Tile(), inputs: [x, integers([2])], message: "1 repetitions are given for [2, 3]"),
    Mistake(op: Trilu(), inputs: [integers([1])], message: "holds no matrices"),
    Mistake(
      op: Slice(), inputs: [x, integers([0]), integers([1]), integers([0]), integers([0])],
      message: "step of a slice must not be 0"),
    Mistake(
      op: Slice(), inputs: [x, integers([0]), integers([1]), integers([0]), integers([Int.min])], message: "too small"),
    Mistake(op: Slice(), inputs: [x, integers([0, 0]), integers([1])], message: "2 starts and 1 ends"),
    Mistake(op: Slice(), inputs: [x], message: "needs starts and ends"),
    Mistake(op: Gather(axis: 2), inputs: [x, integers([0])], message: "axis 2 is outside of [2, 3]"),
    Mistake(op: Gather(), inputs: [x, integers([2])], message: "index 2 is outside of axis 0 of [2, 3]"),
    Mistake(op: Gather(), inputs: [x, x], message: "indices must be integers, not f32"),
    Mistake(
      op: GatherND(), inputs: [x, integers([0, 0, 0], [1, 3])], message: "tuples of length 3 do not fit [2, 3]"),
    Mistake(
      op: ScatterND(), inputs: [x, integers([0], [1, 1]), x], message: "the updates must be [1, 3], not [2, 3]"),
    Mistake(op: RowGroups(), inputs: [x], message: "x must be i64 or i32, not f32"),
    Mistake(op: RowGroups(), inputs: [integers([1, 2])], message: "x is [2], not a matrix"),
    Mistake(op: ReduceSum(axes: [2], keepDimensions: true), inputs: [x], message: "axis 2 is outside of [2, 3]"),
    Mistake(op: ReduceSum(axes: [1, -1], keepDimensions: true), inputs: [x], message: "axis -1 occurs twice"),
    Mistake(
      op: ArgMax(axis: 1, keepDimensions: true), inputs: [floats([2, 0], seed: 1)], message: "nothing to choose"),
    Mistake(
      op: RangeOf(), inputs: [integers([0], []), integers([1], []), integers([0], [])], message: "other than 0"),
    Mistake(op: Constant(), inputs: [], message: "has no value"),
    Mistake(op: ConstantOfShape(integers([1, 2])), inputs: [integers([2])], message: "must be one number"),
    Mistake(op: ConstantOfShape(), inputs: [integers([-2])], message: "negative extent"),
    Mistake(op: RandomNormal(sizes: [-1], mean: 0, deviation: 1, seed: 0), inputs: [], message: "negative extent"),
  ])
  func isRecorded(mistake: Mistake) throws {
    let c = OperatorCase(name: "mistake", op: mistake.op, inputs: mistake.inputs)
    let error = #expect(throws: BuildError.self) { try c.forward }
    #expect(error?.description.contains(mistake.message) ?? false, "\(error?.description ?? "no error")")
  }

  @Test func dataThatDecidesShapesIsRefused() throws {
    let error = #expect(throws: BuildError.self) {
      try Graph.build("data") { b in
        let shape = b.input("shape", .int64, [2])
        b.output("y", b.constant(NDArray(Float(0))).expanded(shape: shape))
      }
    }
    #expect(error?.description.contains("depends on data") ?? false)
  }

  /// Indices that are not known before are looked at when the graph runs.
  @Test(arguments: [
    (Gather(axis: 0) as any Operator, [3, 0] as [Int], [2] as [Int], "index 3 at position 0"),
    (Gather(axis: 0), [0, -4], [2], "index -4 at position 1"),
    (GatherND(), [0, 0, 2, 5], [2, 2], "index 5 at position 3"),
    (ScatterND(), [0, 3], [2, 1], "index 3 at position 1"),
  ])
  func indicesOutOfRangeAreNamed(op: any Operator, indices: [Int], sizes: [Int], message: String) throws {
    let graph = try Graph.build("indices") { b in
      let x = b.input("x", .float32, [3, 4])
      let given = b.input("indices", .int64, Shape(sizes))
      let updates = op is ScatterND ? b.constant(floats([2, 4], seed: 1)) : nil
      b.output("y", b.apply(op, [x, given, updates], outputs: 1)[0])
    }
    let error = #expect(throws: NaiveEvaluator.Failure.self) {
      try NaiveEvaluator.outputs(graph, [floats([3, 4], seed: 1), integers(indices, sizes)])
    }
    #expect(error?.description.contains(message) ?? false, "\(error?.description ?? "no error")")
  }

  /// Sizes that no memory holds are followed without overflow: planning refuses them.
  @Test func hugeExtentsAreInferred() throws {
    let huge = 1 << 40
    let graph = try Graph.build("huge") { b in
      let one = b.constant(integers([1]))
      b.output("expanded", one.expanded(shape: b.constant([huge, huge, huge])))
      b.output("filled", b.apply(ConstantOfShape(integers([1])), [b.constant([huge, huge, 0])]))
      b.output("random", b.randomUniform([huge, huge], low: 0, high: 1, seed: 0))
      b.output("tiled", one.tiled([huge]))
    }
    #expect(graph.outputs.map { graph[$0.value].type.shape.rank } == [3, 3, 2, 1])
  }

  @Test func twoSymbolsCannotBeDecided() throws {
    let error = #expect(throws: BuildError.self) {
      try Graph.build("symbols") { b in
        let a = b.input("a", .float32, [.symbol("m")])
        b.output("y", a + b.input("b", .float32, [.symbol("n")]))
      }
    }
    #expect(error?.description.contains("cannot decide whether m equals n") ?? false)
  }
}
