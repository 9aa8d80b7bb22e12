import Graphs
import Operators
import Tensors
import Testing

@testable import ONNX

/// Every composite of the real catalogue goes through a training file and is itself again afterwards.
struct CatalogueTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var op: any Operator
    var inputs: [TensorType?]
    var outputs = 1
    var testDescription: String { op.name }
  }

  private static let n = Dimension.symbol("n")
  private static let patches = ConvolutionWindow(strides: [4, 4], pads: [0, 0, 0, 0], dilations: [1, 1], groups: 1)
  private static func f(_ shape: Tensors.Shape) -> TensorType { TensorType(.float32, shape) }
  private static func i(_ shape: Tensors.Shape) -> TensorType { TensorType(.int64, shape) }

  static let cases: [Case] = [
    Case(op: Gelu(), inputs: [f([n, 8])]),
    Case(op: GeluGradient(), inputs: [f([n, 8]), f([n, 8])]),
    Case(op: QuickGelu(), inputs: [f([n, 8])]),
    Case(op: QuickGeluGradient(), inputs: [f([n, 8]), f([n, 8])]),
    Case(op: ReluGradient(), inputs: [f([n, 8]), f([n, 8])]),
    Case(op: LayerNormalizationGradient(), inputs: [f([n, 5, 8]), f([8]), f([n, 5, 8])], outputs: 3),
    Case(op: LayerNormalizationGradient(axis: 0, epsilon: 1e-6), inputs: [f([8]), f([8]), f([8])], outputs: 3),
    Case(
      op: BatchNormalizationTraining(epsilon: 1e-5), inputs: [f([n, 3, 8, 8]), f([3]), f([3])], outputs: 3),
    Case(
      op: BatchNormalizationGradient(epsilon: 1e-5, trainingMode: true),
      inputs: [f([n, 3, 8, 8]), f([3]), f([n, 3, 8, 8]), f([3]), f([3])], outputs: 3),
    Case(
      op: BatchNormalizationGradient(epsilon: 1e-3, trainingMode: true),
      inputs: [f([n, 3]), f([3]), f([n, 3])], outputs: 3),
    Case(op: SoftmaxGradient(), inputs: [f([n, 8]), f([n, 8])]),
    Case(op: Linear(transposed: true, activation: .gelu), inputs: [f([n, 8]), f([4, 8]), f([4])], outputs: 2),
    Case(op: Linear(transposed: false), inputs: [f([n, 8]), f([8, 4]), nil, f([n, 4])]),
    Case(op: SelfAttention(heads: 2, causal: true), inputs: [f([n, 5, 24])], outputs: 2),
    Case(op: SelfAttention(heads: 2, causal: false, guarded: true), inputs: [f([n, 5, 24]), f([5, 5])]),
    Case(
      op: AbsorbedAttention(heads: 2, transposed: true),
      inputs: [f([n, 1, 8]), f([n, 5, 6]), f([16, 6]), f([16]), f([n, 1, 1, 5])]),
    Case(op: CrossAttention(heads: 2), inputs: [f([n, 1, 8]), f([n, 5, 16]), f([n, 1, 1, 5])]),
    Case(
      op: SelfAttentionGradient(heads: 2, causal: true),
      inputs: [f([n, 5, 24]), f([n, 5, 8]), f([n, 5, 8]), f([n, 2, 5])]),
    Case(op: SelfAttentionGradient(heads: 2, causal: false), inputs: [f([n, 5, 24]), f([n, 5, 8]), f([n, 5, 8])]),
    Case(
      op: ScaledDotProductAttention(scale: 0.5, causal: true),
      inputs: [f([n, 2, 5, 4]), f([n, 2, 5, 4]), f([n, 2, 5, 4]), f([5, 5])], outputs: 2),
    Case(op: SoftmaxCrossEntropyLossGradient(), inputs: [f([n, 8]), i([n]), f([])]),
    Case(op: ProductLogSumExp(), inputs: [f([n, 8]), f([n, 8]), f([])]),
    Case(op: ProductLogSumExpGradient(), inputs: [f([n, 8]), f([n, 8]), f([]), f([n]), f([n])], outputs: 3),
    Case(op: ProductSigmoidLoss(), inputs: [f([n, 8]), f([n, 8]), f([]), f([])]),
    Case(op: ProductSigmoidLoss(), inputs: [f([n, 8]), f([n, 8]), f([]), f([]), i([n])]),
    Case(op: ProductSigmoidLossGradient(), inputs: [f([n, 8]), f([n, 8]), f([]), f([]), f([n])], outputs: 4),
    Case(op: RowGroups(), inputs: [i([n, 5])]),
    Case(op: GatherGradient(), inputs: [f([n, 5, 8]), i([n, 5]), i([2])]),
    Case(
      op: ScaledDotProductAttentionGradient(scale: 0.5, causal: false),
      inputs: [
        f([n, 2, 5, 4]), f([n, 2, 5, 4]), f([n, 2, 5, 4]), f([n, 2, 5, 4]), f([n, 2, 5, 4]), nil, f([n, 2, 5]),
      ], outputs: 3),
    Case(op: FusedMatMul(transposeA: false, transposeB: true, alpha: 2), inputs: [f([n, 8]), f([4, 8])]),
    Case(op: GatherNDGradient(batchDimensions: 0), inputs: [f([n, 8]), i([n, 1]), i([2])]),
    Case(op: ConvWeightGradient(window: patches, kernelShape: [4, 4]), inputs: [f([n, 3, 8, 8]), f([n, 6, 2, 2])]),
    Case(
      op: FusedConv(window: patches, activation: .relu),
      inputs: [f([n, 3, 8, 8]), f([6, 3, 4, 4]), nil, f([n, 6, 2, 2])]),
    Case(
      op: AveragePoolGradient(window: PoolingWindow([2, 2], strides: [2, 2]), countIncludePad: false),
      inputs: [f([2, 3, 4, 4]), i([4])]),
    Case(op: ConvInputGradient(window: patches), inputs: [f([2, 6, 2, 2]), f([6, 3, 4, 4]), i([4])]),
    Case(
      op: AdamW(),
      inputs: [f([8, 4]), f([8, 4]), f([8, 4]), f([8, 4]), i([]), f([]), f([]), f([]), f([]), f([])], outputs: 3),
    Case(
      op: AdamW(),
      inputs: [
        f([8, 4]), f([n, 5, 4]), f([8, 4]), f([8, 4]), i([]), f([]), f([]), f([]), f([]), f([]), i([n, 5]),
      ], outputs: 3),
  ]

  /// y = x · W for inference; the operator, twice, on inputs of the algorithm.
  static func model(_ testCase: Case) throws -> Model {
    func inference(_ b: GraphBuilder) -> Tensor {
      b.apply(Operators.MatMul(), [b.input("x", .float32, [n, 2]), b.parameter("W", .ramp(2, 2))], name: "y")
    }
    let graph = try Graph.build("net") { b in b.output("y", inference(b)) }
    let step = try Graph.build("step") { b in
      let y = inference(b)
      let inputs = testCase.inputs.enumerated().map { index, type -> Tensor? in
        guard let type else { return nil }
        // Short vectors of integers are the shapes of what a gradient is of.
        if type == i([2]) { return b.constant([7, 8]) }
        if type == i([4]) { return b.constant([2, 3, 8, 8]) }
        return b.input("in\(index)", type.scalar, type.shape)
      }
      for repetition in 0..<2 {
        let results = b.apply(testCase.op, inputs, outputs: testCase.outputs, name: "site\(repetition)")
        for (index, result) in results.enumerated() { b.output("out\(repetition)_\(index)", result) }
      }
      if let w = b.graph.value(named: "W") { b.update(Tensor(b, w), with: Tensor(b, w)) }
      b.output("twice", b.apply(Operators.Add(), [y, y], name: "twice"))
    }
    return Model(graph: graph, training: TrainingInfo(step: step))
  }

  @Test(arguments: cases)
  func compositesAreFunctionsAndComeBack(testCase: Case) throws {
    let model = try Self.model(testCase)
    let wire = try ModelWriter(model, WriteOptions()).wire()
    #expect(wire.functions.map(\.name) == [testCase.op.name])
    let standard = Catalogue.standard
    for function in wire.functions {
      for node in function.nodes {
        #expect(node.domain.isEmpty)
        #expect(WireSyntax(node) != nil || standard.form(domain: "", name: node.type, opset: 17) != nil)
      }
    }
    let back = try Model(bytes: try model.serialized(), catalogue: standard)
    let step = try #require(back.training).step
    let bound = step.nodes.filter { $0.op.isSame(as: testCase.op) }
    #expect(bound.map(\.name) == ["site0", "site1"])
    let written = try #require(model.training).step
    let isUpdate = { (line: String) in line.hasPrefix("update") }
    #expect(step.words.filter { !isUpdate($0) } == written.words.filter { !isUpdate($0) })
  }

  @Test func theCasesCoverTheCompositesThatTheStandardLacks() {
    let lacking = Catalogue.standard.operators.filter { type in
      !(type is any Macro.Type) && !type.anyForms.contains { $0.domain.isEmpty && $0.since <= 17 }
    }
    let covered = Set(Self.cases.map(\.op.name))
    let missing = lacking.map { $0.name }.filter { !covered.contains($0) }
    #expect(missing.sorted() == [])
  }
}
