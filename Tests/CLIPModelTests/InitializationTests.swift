import CLIPModel
import Foundation
import Graphs
import Tensors
import Testing

@Suite("Initialisation")
struct InitializationTests {
  static let configuration = try? CLIPConfiguration.named("shapes").configuration

  @Test("moments of fresh parameters are those of the paper's code")
  func moments() throws {
    let c = try #require(InitializationTests.configuration)
    let source = c.fresh(seed: 1)
    let (w, l) = (Double(c.text.width), Double(c.text.layers))
    let v = Double(c.vision.features)
    // Standard deviations, by family; uniform in ±b has b/√3.
    let families: [(name: String, sizes: [Int], deviation: Double)] = [
      ("token_embedding.weight", [1024, 128], 0.02),
      ("positional_embedding", [24, 128], 0.01),
      ("transformer.resblocks.0.attn.in_proj_weight", [384, 128], pow(w, -0.5)),
      ("transformer.resblocks.0.attn.out_proj.weight", [128, 128], pow(w, -0.5) * pow(2 * l, -0.5)),
      ("transformer.resblocks.1.mlp.c_proj.weight", [128, 512], pow(w, -0.5) * pow(2 * l, -0.5)),
      ("transformer.resblocks.1.mlp.c_fc.weight", [512, 128], pow(2 * w, -0.5)),
      ("text_projection", [128, 128], pow(w, -0.5)),
      ("visual.class_embedding", [1280], pow(v, -0.5)),
      ("visual.positional_embedding", [65, 128], pow(v, -0.5)),
      ("visual.proj", [128, 128], pow(v, -0.5)),
      ("visual.conv1.weight", [128, 3, 8, 8], pow(3 * 64, -0.5) / 3.0.squareRoot()),
      ("visual.transformer.resblocks.0.attn.in_proj_weight", [384, 128], (6.0 / 512 / 3).squareRoot()),
      ("visual.transformer.resblocks.0.attn.out_proj.weight", [128, 128], pow(v, -0.5) / 3.0.squareRoot()),
      ("visual.transformer.resblocks.0.mlp.c_proj.weight", [128, 512], pow(4 * v, -0.5) / 3.0.squareRoot()),
      ("visual.transformer.resblocks.0.mlp.c_fc.bias", [512], pow(v, -0.5) / 3.0.squareRoot()),
    ]
    for (name, sizes, deviation) in families {
      let values = try #require(source(name, sizes)).values(as: Float.self).map(Double.init)
      let mean = values.reduce(0, +) / Double(values.count)
      let spread = (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)).squareRoot()
      let slack = 5 / Double(values.count).squareRoot()
      #expect(abs(mean) <= deviation * slack, "\(name): mean \(mean)")
      #expect(abs(spread / deviation - 1) <= slack, "\(name): deviation \(spread), not \(deviation)")
    }
  }

  @Test("gains are one, shifts and projections' biases zero, the scale ln(1 / 0.07)")
  func constants() throws {
    let source = try #require(InitializationTests.configuration).fresh(seed: 0)
    #expect(source("visual.ln_pre.weight", [4])?.values(as: Float.self) == [1, 1, 1, 1])
    #expect(source("transformer.resblocks.0.ln_1.bias", [2])?.values(as: Float.self) == [0, 0])
    #expect(source("visual.transformer.resblocks.0.attn.in_proj_bias", [2])?.values(as: Float.self) == [0, 0])
    let scale = try #require(source("logit_scale", [])?.values(as: Float.self).first)
    #expect(abs(Double(scale) - log(1 / 0.07)) < 1e-6)
  }

  @Test("the same seed draws the same numbers, another seed others")
  func seeds() throws {
    let c = try #require(InitializationTests.configuration)
    let first = c.fresh(seed: 3)("visual.proj", [16, 16])
    #expect(first == c.fresh(seed: 3)("visual.proj", [16, 16]))
    #expect(first != c.fresh(seed: 4)("visual.proj", [16, 16]))
  }
}
