import Graphs
import Tensors

/// The operands of ONNX's optimisers: rate R, count of updates T, then all tensors X, all their gradients G, and each kind
/// of state of theirs.
struct OptimizerOperands {
  let rate: Tensor
  let count: Tensor
  /// X, G and its states, for each tensor that is optimised.
  let groups: [[Tensor]]

  /// nil, with a mistake recorded, where the operands are no whole number of groups of `kinds`.
  init?(_ inputs: [Tensor?], kinds: Int) {
    let given = inputs.compactMap { $0 }
    guard let first = given.first else { return nil }
    let size = (given.count - 2) / kinds
    guard given.count == inputs.count, size > 0, given.count == 2 + size * kinds else {
      first.builder.record(
        .shape, at: first.builder.path, "\(inputs.count) inputs are not R, T and \(kinds) for each tensor")
      return nil
    }
    (rate, count) = (given[0], given[1])
    groups = (0..<size).map { tensor in (0..<kinds).map { given[2 + $0 * size + tensor] } }
    for group in groups where !group.allSatisfy({ $0.type == group[0].type }) {
      first.builder.record(
        .shape, at: first.builder.path, "a tensor, its gradient and its state differ: \(group.map(\.type))")
      return nil
    }
  }

  /// The results of every group, all of one kind after the other.
  func results(_ update: ([Tensor]) -> [Tensor]) -> [Tensor] {
    let updated = groups.map(update)
    return (updated.first ?? []).indices.flatMap { kind in updated.map { $0[kind] } }
  }

  static func forms<Op: Operator>(
    _ name: String, _ attributes: KeyValuePairs<String, AttributeCoding<Op>>
  ) -> [ONNXForm<Op>] {
    [
      ONNXForm<Op>(
        name, domain: "ai.onnx.preview.training", since: 1, inputs: .variadic(from: 3), outputs: .variadic(from: 1),
        attributes, isReadOnly: true)
    ]
  }
}
