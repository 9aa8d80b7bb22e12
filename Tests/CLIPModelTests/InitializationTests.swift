import CLIPModel
import Foundation
import Graphs
import Tensors
import Testing

/// Fresh parameters of both kinds of tower against the paper's code, by moments.
@Suite("Initialisation")
struct InitializationTests {
  /// What a parameter is drawn from. A uniform one in ±b has the deviation b / √3.
  enum Law {
    case normal(Double)
    case uniform(Double)
    case constant(Double)
  }

  typealias Rule = (suffix: String, law: @Sendable (_ sizes: [Int], CLIPConfiguration) -> Law)

  private static func power(_ base: Int, _ exponent: Double = -0.5) -> Double { pow(Double(base), exponent) }
  private static func fanIn(_ sizes: [Int]) -> Double { power(sizes.dropFirst().reduce(1, *)) }
  private static func residual(_ c: CLIPConfiguration) -> Double { power(c.text.width) * power(2 * c.text.layers) }

  /// The first that holds for a name.
  private static let text: [Rule] = [
    ("logit_scale", { _, _ in .constant(log(1 / 0.07)) }),
    ("token_embedding.weight", { _, _ in .normal(0.02) }),
    ("positional_embedding", { _, _ in .normal(0.01) }),
    ("text_projection", { _, c in .normal(power(c.text.width)) }),
    ("attn.in_proj_weight", { _, c in .normal(power(c.text.width)) }),
    ("attn.in_proj_bias", { _, _ in .constant(0) }),
    ("attn.out_proj.weight", { _, c in .normal(residual(c)) }),
    ("attn.out_proj.bias", { _, _ in .constant(0) }),
    ("mlp.c_fc.weight", { _, c in .normal(power(2 * c.text.width)) }),
    ("mlp.c_fc.bias", { _, c in .uniform(power(c.text.width)) }),
    ("mlp.c_proj.weight", { _, c in .normal(residual(c)) }),
    ("mlp.c_proj.bias", { _, c in .uniform(power(4 * c.text.width)) }),
    (".weight", { _, _ in .constant(1) }), (".bias", { _, _ in .constant(0) }),
  ]

  private static let transformer: [Rule] = [
    ("class_embedding", { _, c in .normal(power(c.vision.features)) }),
    ("positional_embedding", { _, c in .normal(power(c.vision.features)) }),
    ("visual.proj", { _, c in .normal(power(c.vision.features)) }),
    ("conv1.weight", { sizes, _ in .uniform(fanIn(sizes)) }),
    ("attn.in_proj_weight", { sizes, _ in .uniform((6 / Double(sizes[0] + sizes[1])).squareRoot()) }),
    ("attn.in_proj_bias", { _, _ in .constant(0) }),
    ("attn.out_proj.weight", { sizes, _ in .uniform(fanIn(sizes)) }),
    ("attn.out_proj.bias", { _, _ in .constant(0) }),
    ("mlp.c_fc.weight", { sizes, _ in .uniform(fanIn(sizes)) }),
    ("mlp.c_fc.bias", { _, c in .uniform(power(c.vision.features)) }),
    ("mlp.c_proj.weight", { sizes, _ in .uniform(fanIn(sizes)) }),
    ("mlp.c_proj.bias", { _, c in .uniform(power(4 * c.vision.features)) }),
    (".weight", { _, _ in .constant(1) }), (".bias", { _, _ in .constant(0) }),
  ]

  private static let resNet: [Rule] = [
    ("positional_embedding", { _, c in .normal(power(c.vision.features)) }),
    ("q_proj.weight", { _, c in .normal(power(c.vision.features)) }),
    ("k_proj.weight", { _, c in .normal(power(c.vision.features)) }),
    ("v_proj.weight", { _, c in .normal(power(c.vision.features)) }),
    ("c_proj.weight", { _, c in .normal(power(c.vision.features)) }),
    ("q_proj.bias", { _, c in .uniform(power(c.vision.features)) }),
    ("k_proj.bias", { _, c in .uniform(power(c.vision.features)) }),
    ("v_proj.bias", { _, c in .uniform(power(c.vision.features)) }),
    ("c_proj.bias", { _, c in .uniform(power(c.vision.features)) }),
    ("conv1.weight", { sizes, _ in .uniform(fanIn(sizes)) }), ("conv2.weight", { sizes, _ in .uniform(fanIn(sizes)) }),
    ("conv3.weight", { sizes, _ in .uniform(fanIn(sizes)) }),
    ("downsample.0.weight", { sizes, _ in .uniform(fanIn(sizes)) }),
    ("running_mean", { _, _ in .constant(0) }), ("running_var", { _, _ in .constant(1) }),
    ("num_batches_tracked", { _, _ in .constant(0) }),
    ("visual.bn3.weight", { _, _ in .constant(1) }),
    // Every block is the identity at first.
    (".bn3.weight", { _, _ in .constant(0) }),
    (".weight", { _, _ in .constant(1) }), (".bias", { _, _ in .constant(0) }),
  ]

  private static func law(of name: String, _ sizes: [Int], _ c: CLIPConfiguration) -> Law? {
    var laws = text
    if name.hasPrefix("visual.") {
      if case .resNet = c.vision { laws = resNet } else { laws = transformer }
    }
    return laws.first { name.hasSuffix($0.suffix) }?.law(sizes, c)
  }

  /// Small towers of which every family has enough numbers for its moments.
  static func configuration(_ vision: String) throws -> CLIPConfiguration {
    let json = """
      {"embed_dim": 96, "vision_cfg": \(vision),
       "text_cfg": {"context_length": 24, "vocab_size": 512, "width": 128, "heads": 2, "layers": 3}}
      """
    return try CLIPConfiguration.parse(Data(json.utf8), place: "test").configuration
  }

  static let visions = [
    #"{"layers": 2, "width": 128, "patch_size": 8, "image_size": 64}"#,
    #"{"layers": [1, 2, 1, 1], "width": 16, "image_size": 64}"#,
  ]

  /// Every parameter has its mean, its deviation and its bounds; those of a family are put together.
  @Test("moments of fresh parameters are those of the paper's code", arguments: visions)
  func moments(vision: String) throws {
    let c = try Self.configuration(vision)
    let source = c.fresh(seed: 1)
    var families: [String: [Double]] = [:]
    for (name, sizes) in c.parameters() {
      let array = try #require(source(name, sizes))
      #expect(array.sizes == sizes)
      let law = try #require(Self.law(of: name, sizes, c))
      let values = array.integers?.map(Double.init) ?? array.values(as: Float.self).map(Double.init)
      switch law {
      case .constant(let value): #expect(values.allSatisfy { abs($0 - value) < 1e-6 }, "\(name)")
      case .uniform(let bound):
        #expect(values.allSatisfy { abs($0) <= bound * (1 + 1e-6) }, "\(name)")
        families["uniform " + Self.family(name), default: []] += values.map { $0 / bound * 3.0.squareRoot() }
      case .normal(let deviation):
        families["normal " + Self.family(name), default: []] += values.map { $0 / deviation }
      }
    }
    #expect(families.count >= 15)
    for (family, values) in families { try check(values, isNormal: family.hasPrefix("normal"), family) }
  }

  /// The name without the numbers of blocks.
  private static func family(_ name: String) -> String {
    name.split(separator: ".").filter { Int($0) == nil && !$0.hasPrefix("layer") }.joined(separator: ".")
  }

  /// Mean 0, variance 1 and the kurtosis of the distribution: 3 for a normal one, 9/5 for a uniform one.
  private func check(_ values: [Double], isNormal: Bool, _ family: String) throws {
    func moment(_ power: Double) -> Double { values.reduce(0) { $0 + pow($1, power) } / Double(values.count) }
    let slack = 5 / Double(values.count).squareRoot()
    #expect(abs(moment(1)) <= slack, "\(family): mean \(moment(1))")
    #expect(abs(moment(2) - 1) <= slack * 1.5, "\(family): variance \(moment(2))")
    #expect(abs(moment(4) - (isNormal ? 3 : 1.8)) <= slack * (isNormal ? 10 : 2), "\(family): kurtosis \(moment(4))")
  }

  @Test("the same seed draws the same numbers, another seed others", arguments: visions)
  func seeds(vision: String) throws {
    let c = try Self.configuration(vision)
    let parameters = c.parameters()
    func drawn(_ seed: Int) -> [NDArray?] {
      let source = c.fresh(seed: seed)
      return parameters.map { source($0.name, $0.sizes) }
    }
    let (first, again, other) = (drawn(3), drawn(3), drawn(4))
    #expect(first == again)
    for (index, (name, sizes)) in parameters.enumerated() {
      if case .constant? = Self.law(of: name, sizes, c) { continue }
      #expect(first[index] != other[index], "\(name)")
    }
  }
}
