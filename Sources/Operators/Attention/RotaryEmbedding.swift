import Graphs
import Tensors

/// Rotates pairs of elements of every head by angles that grow with the token's position (Su and others 2021).
///
/// Inputs: x [B, H, L, Dh] or [B, L, H · Dh]; cosines and sines [positions, R / 2] with position ids int64 [B, L], or
/// [B, L, R / 2] without. The first R elements of a head are rotated (all where none are given); pairs are neighbours when
/// interleaved, halves otherwise.
public struct RotaryEmbedding: Macro {
  public var isInterleaved = false
  public var heads: Int?
  public var rotated = 0

  public init() {}
  public init(isInterleaved: Bool = false, heads: Int? = nil, rotated: Int = 0) {
    (self.isInterleaved, self.heads, self.rotated) = (isInterleaved, heads, rotated)
  }

  public static let onnx = [
    ONNXForm<Self>(
      "RotaryEmbedding", since: 23, inputs: Arity(3...4),
      [
        "interleaved": .bool(\.isInterleaved), "num_heads": .optionalInt(\.heads),
        "rotary_embedding_dim": .int(\.rotated),
      ])
  ]

  public func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    guard inputs.count >= 3, let given = inputs[0], var cosines = inputs[1], var sines = inputs[2] else { return nil }
    let builder = given.builder
    if given.isPoisoned || cosines.isPoisoned || sines.isPoisoned { return [Tensor(builder, nil)] }
    var x = given
    if x.rank == 3 {
      guard let heads, heads > 0 else {
        builder.record(.shape, at: builder.path, "RotaryEmbedding of three axes needs num_heads")
        return nil
      }
      x = x.heads(heads, "x")
    }
    guard x.rank == 4, let width = x.shape[3].constant, width % 2 == 0, rotated >= 0, rotated <= width,
      rotated % 2 == 0
    else {
      builder.record(.shape, at: builder.path, "cannot rotate \(rotated) elements of heads in \(given.shape)")
      return nil
    }
    if inputs.count > 3, let ids = inputs[3] {
      (cosines, sines) = (cosines.gather(ids, axis: 0), sines.gather(ids, axis: 0))
    }
    // [B, 1, L, R / 2]
    (cosines, sines) = (cosines.unsqueezed([1]), sines.unsqueezed([1]))
    let count = rotated == 0 ? width : rotated
    let parts = count == width ? [x] : x.split([count, width - count], axis: 3)
    let turned = isInterleaved ? neighbours(parts[0], cosines, sines) : halves(parts[0], cosines, sines, count)
    let result = parts.count == 1 ? turned : concatenated([turned, parts[1]], axis: 3)
    guard given.rank == 3 else { return [result] }
    return [result.transposed([0, 2, 1, 3]).reshaped(like: given)]
  }

  private func halves(_ x: Tensor, _ cosines: Tensor, _ sines: Tensor, _ count: Int) -> Tensor {
    let parts = x.split([count / 2, count / 2], axis: 3)
    return concatenated(
      [parts[0] * cosines - parts[1] * sines, parts[0] * sines + parts[1] * cosines], axis: 3)
  }

  private func neighbours(_ x: Tensor, _ cosines: Tensor, _ sines: Tensor) -> Tensor {
    let pairs = x.reshaped(shape: x.builder.constant([0, 0, 0, -1, 2])).split([1, 1], axis: 4).map { $0.squeezed([4]) }
    let (a, b) = (pairs[0] * cosines - pairs[1] * sines, pairs[0] * sines + pairs[1] * cosines)
    return concatenated([a.unsqueezed([4]), b.unsqueezed([4])], axis: 4).reshaped(like: x)
  }
}
