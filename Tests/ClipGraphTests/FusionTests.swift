import ClipGraph
import Foundation
import Graphs
import Passes
import Testing

/// Towers of other programs end in the fused operators of our own declaration, in the same order.
@Suite("Fusion of exports")
struct FusionTests {
  @Test(arguments: Fusion.fixtures)
  func aFixtureIsFusedAsOurOwn(_ file: Fusion) throws { try file.check(in: Fusion.fixtureFolder) }

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
