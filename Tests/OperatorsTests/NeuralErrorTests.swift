import Graphs
import Operators
import Tensors
import Testing

/// What does not fit is refused, with the numbers that do not fit.
struct NeuralErrorTests {
  private func message(_ body: (GraphBuilder) -> Void) -> String {
    do {
      _ = try Graph.build("wrong", body)
      return ""
    } catch { return error.description }
  }

  private func x(_ b: GraphBuilder, _ shape: Shape) -> Tensor { b.input("x", .float32, shape) }

  @Test func innerDimensionsMustAgree() {
    let text = message { b in b.output("y", x(b, [8, 50, 768]).matmul(x(b, [512, 3072]))) }
    #expect(text == "MatMul: MatMul: inner dimensions differ: [8, 50, 768] × [512, 3072]")
  }

  @Test func batchesMustBroadcast() {
    #expect(message { b in b.output("y", x(b, [2, 3, 4]).matmul(x(b, [3, 4, 5]))) }.contains("2"))
    let undecided = message { b in
      b.output("y", x(b, [.symbol("a"), 3, 4]).matmul(x(b, [.symbol("b"), 4, 5])))
    }
    #expect(undecided.contains("cannot decide"))
  }

  @Test func headsMustDivideTheWidth() {
    #expect(message { b in b.output("y", x(b, [1, 2, 24]).selfAttention(heads: 3, causal: false)) }.contains("24"))
    #expect(message { b in b.output("y", x(b, [1, 2, 24]).selfAttention(heads: 0, causal: false)) }.contains("0"))
  }

  @Test func kernelsMustFitIntoTheImage() {
    let text = message { b in b.output("y", x(b, [1, 3, 4, 4]).convolved(with: x(b, [5, 3, 7, 7]), strides: [1, 1])) }
    #expect(text.contains("7") && text.contains("4"))
    let channels = message { b in
      b.output("y", x(b, [1, 3, 9, 9]).convolved(with: x(b, [5, 4, 3, 3]), strides: [1, 1]))
    }
    #expect(channels.contains("3") && channels.contains("4"))
    let strides = message { b in
      b.output("y", x(b, [1, 3, 9, 9]).convolved(with: x(b, [5, 3, 3, 3]), strides: [0, 1]))
    }
    #expect(strides.contains("[0, 1]"))
  }

  @Test(arguments: [
    (PoolingWindow(), "kernel_shape must be two numbers"), (PoolingWindow([3]), "[3]"),
    (PoolingWindow([5, 2]), "reaches over 5 does not fit into the extent 4"),
    (PoolingWindow([2, 2], strides: [0, 1]), "[0, 1]"), (PoolingWindow([2, 2], strides: [1]), "[1]"),
    (PoolingWindow([2, 2], pads: [0, -1, 0, 0]), "-1"), (PoolingWindow([2, 2], pads: [2, 0, 0, 0]), "whole windows"),
    (PoolingWindow([2, 2], pads: [1, 1, 1, 1], padding: .none), "contradicts"),
    (PoolingWindow([2, 2], dilations: [1, 4]), "reaches over 5"),
  ])
  func poolsMustFitIntoTheImage(window: PoolingWindow, part: String) {
    let text = message { b in b.output("y", x(b, [1, 3, 4, 4]).maxPool(window)) }
    #expect(text.contains(part), "\(text)")
    #expect(message { b in b.output("y", x(b, [1, 3, 4]).maxPool(PoolingWindow([2, 2]))) }.contains("[1, 3, 4]"))
  }

  @Test(arguments: [
    (
      ConvTranspose(window: ConvolutionWindow(strides: [1, 1], pads: [2, 0, 1, 0], dilations: [1, 1], groups: 1)),
      "nothing"
    ),
    (ConvTranspose(window: ConvolutionWindow(), outputPadding: [-1, 0]), "output_padding"),
    (ConvTranspose(window: ConvolutionWindow(strides: [1], pads: [], dilations: [], groups: 1)), "strides"),
    (
      ConvTranspose(window: ConvolutionWindow(strides: [1, 1], pads: [0, 0, 0, 0], dilations: [1, 1], groups: 2)), "3"
    ),
  ])
  func transposedConvolutionsMustLeaveSomething(op: ConvTranspose, part: String) {
    let text = message { b in b.output("y", b.apply(op, [x(b, [1, 3, 2, 2]), x(b, [3, 4, 2, 2])])) }
    #expect(text.contains(part), "\(text)")
  }

  @Test func masksMustBroadcastToTheScores() {
    let text = message { b in
      let q = x(b, [1, 2, 3, 4])
      b.output("y", q.scaledDotProductAttention(q, q, mask: x(b, [4, 4]), scale: 1, causal: false))
    }
    #expect(text.contains("[4, 4]") && text.contains("[1, 2, 3, 3]"))
  }

  @Test func scalesMustHaveTheWidthOfARow() {
    let text = message { b in
      b.output("y", x(b, [2, 8]).layerNormalization(scale: x(b, [7]), bias: nil, epsilon: 1e-5))
    }
    #expect(text.contains("[7]") && text.contains("[8]"))
  }

  @Test func channelsMustHaveTheirNumbers() {
    let text = message { b in
      let (three, four) = (b.input("three", .float32, [3]), b.input("four", .float32, [4]))
      let y = x(b, [2, 3, 5, 5]).batchNormalization(scale: three, bias: four, mean: three, variance: three, epsilon: 0)
      b.output("y", y)
    }
    #expect(text.contains("bias is [4]") && text.contains("[2, 3, 5, 5]"))
    let flat = message { b in
      let v = b.input("v", .float32, [3])
      b.output("y", x(b, [3]).batchNormalizationTraining(scale: v, bias: v, epsilon: 0).output)
    }
    #expect(flat.contains("[3]") && flat.contains("channel axis"))
    let statistics = message { b in
      let v = b.input("v", .float32, [3])
      b.output("y", b.apply(BatchNormalization(), [x(b, [2, 3]), v, v, v, v], outputs: 3)[1])
    }
    #expect(statistics.contains("training mode"))
  }

  @Test(arguments: [-1, 7])
  func labelsMustBeClasses(label: Int) throws {
    let graph = try Graph.build("loss") { b in
      b.output("y", x(b, [2, 7]).softmaxCrossEntropyLoss(labels: b.constant(integers([3, label]))))
    }
    #expect(throws: NaiveEvaluator.Failure.self) { try NaiveEvaluator.outputs(graph, [floats([2, 7], seed: 1)]) }
  }

  @Test func indicesMustLieInside() throws {
    let graph = try Graph.build("gather") { b in
      let op = GatherGradient(axis: 0)
      b.output("y", b.apply(op, [x(b, [2, 3]), b.constant(integers([0, 4])), b.constant([4, 3])]))
    }
    #expect(throws: NaiveEvaluator.Failure.self) { try NaiveEvaluator.outputs(graph, [floats([2, 3], seed: 1)]) }
  }

  @Test(arguments: [4, -5])
  func rowsOfAnUpdateMustLieInside(index: Int) throws {
    let graph = try Graph.build("update") { b in
      let (p, scalar) = (x(b, [4, 3]), b.constant(0.5))
      let inputs = [p, b.input("dy", .float32, [2, 3]), p, p, b.constant(NDArray(Int64(1)))]
      let indices = b.constant(integers([0, index]))
      b.output("y", b.apply(AdamW(), inputs + [scalar, scalar, scalar, scalar, scalar, indices], outputs: 3)[0])
    }
    let fed = [floats([4, 3], seed: 1), floats([2, 3], seed: 2)]
    #expect(throws: NaiveEvaluator.Failure.self) { try NaiveEvaluator.outputs(graph, fed) }
  }

  @Test func gradientsOfRowsMustFitTheTable() {
    func update(_ rows: Tensors.Shape, _ table: Tensors.Shape) -> String {
      message { b in
        let (p, scalar) = (x(b, table), b.constant(0.5))
        let inputs = [p, b.input("dy", .float32, rows), p, p, b.constant(NDArray(Int64(1)))]
        let indices = b.constant(integers([0, 1]))
        b.output("y", b.apply(AdamW(), inputs + [scalar, scalar, scalar, scalar, scalar, indices], outputs: 3)[0])
      }
    }
    #expect(update([2, 4], [4, 3]).contains("the rows that were read"))
    #expect(update([3, 3], [4, 3]).contains("the rows that were read"))
    #expect(update([2], []).contains("no rows"))
  }

  @Test func doublePrecisionHasNoKernel() throws {
    let graph = try Graph.build("f64") { b in
      b.output("y", b.input("a", .float64, [2, 2]).matmul(b.input("b", .float64, [2, 2])))
    }
    let zeros = try NDArray(zeros: .float64, [2, 2])
    #expect(throws: NaiveEvaluator.Failure.self) { try NaiveEvaluator.outputs(graph, [zeros, zeros]) }
  }
}
