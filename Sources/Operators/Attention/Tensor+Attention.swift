import Graphs
import Tensors

extension Tensor {
  /// Attention of queries [B, H, Lq, Dh] to keys [B, H, Lk, Dh] and values [B, H, Lk, Dv]: [B, H, Lq, Dv].
  ///
  /// - Parameters:
  ///   - mask: is added to the scores, and broadcasts to [B, H, Lq, Lk].
  ///   - causal: query i sees the keys j ≤ i.
  ///   - softcap: scores s become c · tanh(s / c) before masks; 0 leaves them.
  ///   - guarded: a query that sees nothing gives 0.
  func attention(
    _ key: Tensor, _ value: Tensor, mask: Tensor?, scale: Float, causal: Bool, softcap: Float = 0, guarded: Bool = false
  ) -> Tensor {
    guard rank == 4, key.rank == 4, value.rank == 4 else {
      builder.record(
        .shape, at: builder.path, "query, key and value are \(shape), \(key.shape) and \(value.shape), not of four axes"
      )
      return Tensor(builder, nil)
    }
    let isSquare = shape[2] == key.shape[2]
    let isPlain = mask.map { (1...4).contains($0.rank) && $0.shape[-1] == key.shape[2] } ?? true
    if key.shape == value.shape, softcap == 0, isPlain, isSquare || !causal {
      return scaledDotProductAttention(key, value, mask: mask, scale: scale, causal: causal, guarded: guarded)
    }
    var scores = matmul(key.transposed()) * scale
    if softcap != 0 { scores = (scores * (1 / softcap)).tanh() * softcap }
    if let mask { scores = scores + mask }
    if causal {
      // Counted from the first key: as if there were as many keys as queries.
      let visible = builder.positions(key.dimension(2)).unsqueezed([0])
        .lessOrEqual(to: builder.positions(dimension(2)).unsqueezed([1]))
      scores = scores + visible.select(scalar(0), scalar(-.infinity))
    }
    return scores.attentionWeights(guarded: guarded).matmul(value)
  }

  /// Heads that several heads of queries share, once for each of them: [B, H, L, Dh] → [B, H · count, L, Dh].
  func repeatedHeads(_ count: Int) -> Tensor {
    if count == 1 || isPoisoned { return self }
    guard let heads = shape[1].constant, let width = shape[3].constant else { return self }
    let apart = unsqueezed([2]).tiled([1, 1, count, 1, 1])
    return apart.reshaped(to: [shape[0], Dimension(heads * count), shape[2], Dimension(width)])
  }

  /// [B, L, H · width] → [B, H, L, width] where the axis can be split so; a mistake elsewhere.
  func heads(_ count: Int, _ what: String) -> Tensor {
    guard rank == 3, count > 0, count < 1 << 20, let packed = shape[2].constant, packed > 0, packed % count == 0 else {
      builder.record(
        .shape, at: builder.path, "\(what) is \(shape), but must be [batch, tokens, width] with \(count) heads")
      return Tensor(builder, nil)
    }
    return splitHeads(count, width: packed / count)
  }

  /// Numbers added to scores for a mask that says what is seen: 0 where it does, `hidden` elsewhere.
  func additiveMask(hidden: Float, _ scalar: ScalarType) -> Tensor {
    let seen = self.scalar == .bool ? self : greater(than: self.scalar(0))
    return seen.select(builder.scalar(0, scalar), builder.scalar(hidden, scalar))
  }
}

extension GraphBuilder {
  /// 0, 1, … before `count`, an int64 vector of one.
  func positions(_ count: Tensor) -> Tensor {
    range(constant(NDArray(Int64(0))), count.squeezed([0]), constant(NDArray(Int64(1))))
  }
}
