import CLIPModel
import ClipGraph
import Foundation
import Graphs
import Operators
import Passes
import Tensors
import Testing

/// A file of another program, what of our own declaration it holds, and in what it differs.
struct Fusion: Sendable, CustomStringConvertible {
  /// What is not as in our declaration.
  enum Difference: Sendable {
    /// The features are divided by their norm: as it is, or by at least ε.
    case normalised
    case normalisedFromEpsilon
    /// The class token is not read: the mean of the others is.
    case averaged
    /// The last token is read, or the first, wherever the text ends.
    case fixedToken
    /// Paddings are hidden by a mask that is an input.
    case mask
    /// Half precision outside.
    case half
    /// Cells become tokens only when their mean is beside them.
    case pooledBeforeRows
    /// Nothing is normalised before the first layer.
    case unnormalised
  }

  var name: String
  var tower: Tower
  var output: String
  /// Extents that are numbers in the file.
  var fixed: [String: Int] = [:]
  var isResNet = false
  var differences: [Difference] = []

  var description: String { "\(name): \(output)" }

  /// Without the choice of rows, which changes the last layer.
  static let pipeline = Pipeline("fusion", Pipeline.inference.passes.filter { $0.name != "SelectRows" })

  func check(in folder: String) throws {
    let path = folder + (name.hasSuffix(".onnx") ? "/" + name : "/\(name)/model.onnx")
    let graph = try Fusion.pipeline.run(try readModel(path).graph)
    let isWhole = output.hasPrefix("logits")
    let declared = try Fusion.declared(isWhole ? nil : tower, isResNet: isResNet).bound(fixed)
    let own = try Fusion.pipeline.run(declared).floatOperators(of: isWhole ? output : "\(tower)_features")
    #expect(graph.floatOperators(of: output) == edited(own))
  }

  private func edited(_ own: [String]) -> [String] {
    var operators = own
    for difference in differences {
      switch difference {
      case .normalised: operators += ["ReduceL2", "Div"]
      case .normalisedFromEpsilon: operators += ["ReduceL2", "Clip", "Div"]
      case .averaged: operators = operators.flatMap { $0 == "Gather" ? ["Slice", "ReduceMean"] : [$0] }
      case .fixedToken:
        operators = operators.filter { $0 != "ArgMax" }.map { $0 == "GatherND" ? "Gather" : $0 }
      case .mask: if let first = operators.firstIndex(of: "SelfAttention") { operators.insert("Where", at: first) }
      case .half: operators = operators.flatMap { $0 == "Conv" ? ["Cast", $0] : [$0] } + ["Cast"]
      case .pooledBeforeRows:
        if let first = operators.firstIndex(of: "Transpose") {
          operators.replaceSubrange(first..<first + 3, with: ["ReduceMean", "Concat", "Transpose"])
        }
      case .unnormalised:
        if let first = operators.firstIndex(of: "LayerNormalization") { operators.remove(at: first) }
      }
    }
    return operators
  }

  /// Two layers of each tower, or one bottleneck of each width but the second, which has two.
  private static func declared(_ tower: Tower?, isResNet: Bool) throws -> Graph {
    let vision =
      isResNet
      ? #""image_size": 64, "layers": [1, 2, 1, 1], "width": 8, "head_width": 32"#
      : #""image_size": 16, "layers": 2, "width": 16, "head_width": 8, "patch_size": 8"#
    let json = """
      {"embed_dim": 12, "vision_cfg": {\(vision)},
       "text_cfg": {"context_length": 16, "vocab_size": 13, "width": 16, "heads": 2, "layers": 2}}
      """
    let configuration = try CLIPConfiguration.parse(Data(json.utf8), place: "test").configuration
    return try Graph.clip(configuration, tower: tower) { name, sizes in
      name.hasSuffix("num_batches_tracked")
        ? NDArray(Int64(0)) : NDArray([Float](repeating: 0.5, count: sizes.reduce(1, *)), sizes)
    }
  }
}

extension Graph {
  /// What makes floating-point numbers, and positions, for one output: what a node reads comes before it, first inputs first.
  fileprivate func floatOperators(of output: String) -> [String] {
    guard let root = outputs.first(where: { $0.name == output })?.value else { return ["\(output) is no output"] }
    let producers = producers
    var (seen, operators) = (Set<Int>(), [String]())
    func visit(_ value: ValueID) {
      guard let index = producers[value], seen.insert(index).inserted else { return }
      let node = nodes[index]
      for case let input? in node.inputs { visit(input) }
      if self[value].type.scalar.isFloat || node.op is ArgMax { operators.append(node.op.name) }
    }
    visit(root)
    return operators
  }
}
