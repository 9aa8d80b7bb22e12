import CLIPModel
import Graphs
import Operators
import Tensors
import Testing

/// Two operations a multiply-add of convolutions and matrix products, those of attention included (every query with every
/// key), for one image or 77 tokens: the rule of open_clip's `model_profile.csv`, which gives two decimals of 10⁹.
@Suite("Floating-point operations")
struct FlopTests {
  static let counts: [(name: String, image: Double, text: Double)] = [
    ("RN50", 12.22, 5.96), ("RN101", 19.54, 5.96), ("RN50x4", 42.56, 9.27), ("RN50x16", 149.39, 13.3),
    ("RN50x64", 529.11, 23.55), ("ViT-B-32", 8.82, 5.96), ("ViT-B-16", 35.13, 5.96), ("ViT-L-14", 162.03, 13.3),
    ("ViT-L-14-336", 381.92, 13.3),
  ]

  @Test("equal the published counts", arguments: counts)
  func published(name: String, image: Double, text: Double) throws {
    let configuration = try CLIPConfiguration.named(name).configuration
    let zeros = Storage(byteCount: 49_408 * 1024 * 4)
    for (tower, expected) in [(Tower.image, image), (.text, text)] {
      let graph = try Graph.clip(configuration, tower: tower) { name, sizes in
        CLIPConfiguration.isCounter(name) ? nil : try? NDArray(.float32, sizes, storage: zeros, offset: 0)
      }
      var flops = try flops(try graph.bound(["batch": 1, "sequence": 77]))
      if tower == .image { flops += otherQueries(configuration) }
      #expect(abs(flops / 1e9 - expected) <= 0.005, "\(tower): \(flops)")
    }
  }

  /// Published counts of ResNets let every cell of the attention pool ask and be projected, and drop all answers but the
  /// first; here there is but that one query.
  private func otherQueries(_ c: CLIPConfiguration) -> Double {
    guard case .resNet = c.vision else { return 0 }
    let (tokens, width) = (c.vision.tokens, c.vision.features)
    return 2 * Double(tokens - 1) * Double(width * width + width * c.embedding + 2 * tokens * width)
  }

  private func flops(_ graph: Graph) throws -> Double {
    let primitive = try graph.expanding { _, node in !type(of: node.op).isStandard }
    return try primitive.nodes.reduce(0) { sum, node in
      guard node.op is Conv || node.op is MatMul else { return sum }
      func slots(_ ids: [ValueID?]) -> [CallSite.Slot?] {
        ids.map { id in
          id.flatMap { id in
            let type = primitive[id].type
            return type.shape.sizes.map { CallSite.Slot(scalar: type.scalar, sizes: $0) }
          }
        }
      }
      let site = CallSite(inputs: slots(node.inputs), outputs: slots(node.outputs), threads: 1)
      return sum + Double(try node.op.bind(site).flops)
    }
  }
}
