import CLIPModel
import Foundation
import Graphs
import Operators
import Passes
import Tensors
import Testing
import TrainingGraphs

/// The pipelines on the whole model.
struct CLIPTests {
  static func configuration(quickGELU: Bool) throws -> CLIPConfiguration {
    let json = """
      {"embed_dim": 12, "quick_gelu": \(quickGELU),
       "vision_cfg": {"image_size": 16, "layers": 2, "width": 16, "head_width": 8, "patch_size": 8},
       "text_cfg": {"context_length": 8, "vocab_size": 13, "width": 16, "heads": 2, "layers": 2}}
      """
    return try CLIPConfiguration.parse(Data(json.utf8), place: "test").configuration
  }

  static func model(quickGELU: Bool) throws -> Graph {
    var noise = Noise()
    return try Graph.clip(configuration(quickGELU: quickGELU)) { _, sizes in noise.array(sizes) }
  }

  @Test(arguments: [false, true])
  func fusedAfterReadingIsFusedFromTheDeclaration(quickGELU: Bool) throws {
    let declared = try Self.model(quickGELU: quickGELU)
    let read = try declared.inPrimitives()
    #expect(read.nodes.allSatisfy { type(of: $0.op).isStandard && !($0.op is Gelu) })
    let (a, b) = try (Pipeline.inference.run(declared), Pipeline.inference.run(read))
    #expect(a.operators == b.operators)
    // The last layer of a tower asks with one query; its keys and values are not computed.
    #expect(a.count("SelfAttention") == 2 && a.count("AbsorbedAttention") == 2)
    #expect(a.count("Linear") == 4 * 4 + 2)
    #expect(a.count("MatMul") + a.count("Gelu") + a.count("QuickGelu") + a.count("Softmax") == 0)
    #expect(try Evaluation.difference(declared, a) < 1e-5)
    #expect(try Evaluation.difference(read, b) < 1e-5)
  }

  /// Rows that are chosen earlier are the same to the last bit.
  @Test(arguments: [false, true])
  func readingOneTokenChangesNoBit(quickGELU: Bool) throws {
    let declared = try Self.model(quickGELU: quickGELU)
    func without(_ names: Set<String>) throws -> Graph {
      try Pipeline("", Pipeline.inference.passes.filter { !names.contains($0.name) }).run(declared)
    }
    let (a, b) = try (without(["SelectRows", "AbsorbProjection"]), without(["AbsorbProjection"]))
    #expect(a.count("SelfAttention") == 4 && b.count("SelfAttention") == 2)
    #expect(try Evaluation.difference(a, b) == 0)
  }

  @Test(arguments: [false, true])
  func aTrainingStepStaysTheSame(quickGELU: Bool) throws {
    let configuration = try Self.configuration(quickGELU: quickGELU)
    let step = try TrainingInfo.contrastive(
      training: Self.model(quickGELU: quickGELU), configuration, Hyperparameters(), seed: 1
    ).step
    let log = RewriteLog()
    let fused = try Pipeline.training.run(step, log: log)
    let attention = fused.nodes.filter { $0.op is SelfAttention }
    #expect(attention.count == 2 && fused.count("CrossAttention") == 2)
    #expect(attention.allSatisfy { $0.outputs.count == 2 })
    #expect(fused.nodes.filter { $0.op is SelfAttentionGradient }.allSatisfy { $0.inputs.count == 4 })
    let active = fused.nodes.filter { ($0.op as? Linear)?.activation == (quickGELU ? .quickGelu : .gelu) }
    #expect(active.count == 4)
    #expect(active.allSatisfy { $0.outputs.count == 2 })
    let swapped = fused.nodes.filter { $0.op is Transpose }.flatMap(\.outputs)
    let products = fused.nodes.filter { $0.op is MatMul || $0.op is FusedMatMul || $0.op is Linear }
    #expect(products.allSatisfy { Set($0.inputs).isDisjoint(with: swapped) })
    #expect(fused.updates.map { fused[$0.state].name } == step.updates.map { step[$0.state].name })
    #expect(try Evaluation.difference(step, fused) < 1e-4)
  }

  @Test(arguments: [false, true])
  func boundGraphsAreFusedTheSame(quickGELU: Bool) throws {
    let declared = try Self.model(quickGELU: quickGELU)
    let bound = try declared.inPrimitives().bound(["batch": 2, "sequence": 5])
    let fused = try Pipeline.inference.run(bound)
    #expect(fused.count("SelfAttention") == 2 && fused.count("AbsorbedAttention") == 2)
    #expect(fused.nodes.count { ($0.op as? SelfAttention)?.causal ?? false } == 1)
    #expect(fused.count("Shape") == 0)
    #expect(try Evaluation.difference(bound, fused) < 1e-5)
  }
}
