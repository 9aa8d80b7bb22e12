import ClipGraph
import Foundation
import Graphs
import Passes
import Tensors
import Testing

/// Towers of other programs end in the fused operators of our own declaration, in the same order.
@Suite("Fusion of exports")
struct FusionTests {
  @Test(arguments: Fusion.fixtures)
  func aFixtureIsFusedAsOurOwn(_ file: Fusion) throws { try file.check(in: Fusion.fixtureFolder) }

  /// Both towers and their logits: the whole of our declaration, on texts of eight tokens.
  @Test func aWholeFileIsFusedAsOurOwn() throws {
    let file = Fusion(
      name: "openai_whole_legacy_op14.onnx", tower: .image, output: "logits_per_image", fixed: ["sequence": 8])
    try file.check(in: Fusion.fixtureFolder)
  }

  @Test(arguments: Set(Fusion.fixtures.map(\.name)).sorted())
  func fusionKeepsTheNumbers(name: String) throws {
    let graph = try readModel(Fusion.fixtureFolder + "/" + name).graph
    let inputs = graph.exampleInputs(vocabulary: 20)
    let before = try Engine(graph, compilation: .none, threads: 1).run(inputs)
    let after = try Engine(graph, compilation: .inference, threads: 1).run(inputs)
    for (output, truth) in before {
      let distance = try Distance(after[output], truth)
      #expect(distance.maximum < 1e-5, "\(output) is off by \(distance.maximum)")
    }
  }

  @Test(
    .enabled(if: Wild.folder != nil, "onnx/wild is not beside this checkout (CLIPGRAPH_SHARED)"),
    arguments: Fusion.wild)
  func anExportIsFusedAsOurOwn(_ file: Fusion) throws { try file.check(in: Wild.folder ?? "") }

  /// Whatever the layers are, nothing of what is fused is left over.
  @Test(
    .enabled(if: Wild.folder != nil, "onnx/wild is not beside this checkout (CLIPGRAPH_SHARED)"),
    arguments: Wild.names.filter { name in
      ["siglip", "chineseclip", "timm_resnet"].contains { name.contains($0) } && !name.contains("__dynq")
        && !name.contains("__static")
    })
  func nothingIsLeftOver(name: String) throws {
    let graph = try Fusion.pipeline.run(try readModel(Wild.path(name)).graph)
    let left: Set = [
      "MatMul", "Softmax", "Erf", "Tanh", "Sigmoid", "Sqrt", "ReduceSum", "Split", "Gemm", "BatchNormalization",
      "ScaledDotProductAttention", "Sub",
    ]
    #expect(graph.nodes.map(\.op.name).filter { left.contains($0) } == [])
  }
}

extension Graph {
  /// Numbers for every input, two items of each: pictures, tokens below `vocabulary`, and masks that hide the last token.
  fileprivate func exampleInputs(vocabulary: Int) -> [String: NDArray] {
    Dictionary(
      uniqueKeysWithValues: inputs.map { id in
        let type = self[id].type
        let sizes = type.shape.dimensions.enumerated().map { $1.constant ?? ($0 == 0 ? 2 : 8) }
        let count = sizes.reduce(1, *)
        if type.scalar == .float32 {
          return (self[id].name, NDArray((0..<count).map { Float($0 % 17) / 8 - 1 }, sizes))
        }
        let isMask = self[id].name.contains("mask")
        return (
          self[id].name,
          NDArray((0..<count).map { Int64(isMask ? ($0 % 8 == 7 ? 0 : 1) : ($0 * 7 + 3) % vocabulary) }, sizes)
        )
      })
  }
}
