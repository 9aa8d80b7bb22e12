import CKernels
import Graphs
import Tensors

extension ck_attention_strides {
  /// A dense [B, H, L, width].
  static func dense(heads: Int, tokens: Int, width: Int) -> Self {
    Self(batch: Int64(heads * tokens * width), token: Int64(width), head: Int64(tokens * width))
  }

  /// [B, L, parts · H · width]: `parts` projections beside each other.
  static func packed(heads: Int, tokens: Int, width: Int, parts: Int) -> Self {
    Self(
      batch: Int64(tokens * parts * heads * width), token: Int64(parts * heads * width), head: Int64(width))
  }
}

extension ck_attention_strides {
  /// A mask that broadcasts to scores [B, H, Lq, Lk].
  static func mask(_ sizes: [Int]?, in scores: [Int]) -> Self {
    guard let sizes else { return Self(batch: 0, token: 0, head: 0) }
    let strides = Broadcasting.strides(of: sizes, in: scores)
    return Self(batch: strides[0], token: strides[2], head: strides[1])
  }
}

extension ck_attention {
  /// Query-key pairs that attention looks at, for cost.
  var pairs: Int {
    var visible = saturatingProduct(Int(queries), Int(keys))
    if causal, queries == keys, visible < Int.max { visible = (visible + Int(queries)) / 2 }
    return saturatingProduct(Int(batch), Int(heads), visible)
  }

  /// Two operations a multiply-add: scores and weighted values.
  var forwardFlops: Int { saturatingProduct(2, 2, pairs, Int(width)) }

  /// Scores, dP, dQ, dK and dV.
  var backwardFlops: Int { saturatingProduct(2, 5, pairs, Int(width)) }

  /// Dense operands [B, H, L, width] and an additive mask that broadcasts to [B, H, queries, keys].
  static func dense(
    q: [Int], k: [Int], mask: [Int]?, scale: Float, causal: Bool, guarded: Bool = false
  ) -> ck_attention {
    let (heads, queries, keys, width) = (q[1], q[2], k[2], q[3])
    let query = ck_attention_strides.dense(heads: heads, tokens: queries, width: width)
    let key = ck_attention_strides.dense(heads: heads, tokens: keys, width: width)
    return ck_attention(
      batch: Int64(q[0]), heads: Int64(heads), queries: Int64(queries), keys: Int64(keys), width: Int64(width),
      scale: scale, causal: causal, guarded: guarded, q: query, k: key, v: key, out: query, dq: query, dk: key, dv: key,
      dout: query,
      mask: .mask(mask, in: [q[0], heads, queries, keys]))
  }

  /// Packed q|k|v [B, L, 3·D] and results [B, L, D], and an additive mask that broadcasts to [B, H, L, L].
  static func packed(
    _ qkv: [Int], mask: [Int]? = nil, heads: Int, causal: Bool, guarded: Bool = false
  ) -> ck_attention {
    let (tokens, width) = (qkv[1], qkv[2] / (3 * heads))
    let three = ck_attention_strides.packed(heads: heads, tokens: tokens, width: width, parts: 3)
    let one = ck_attention_strides.packed(heads: heads, tokens: tokens, width: width, parts: 1)
    return ck_attention(
      batch: Int64(qkv[0]), heads: Int64(heads), queries: Int64(tokens), keys: Int64(tokens), width: Int64(width),
      scale: SelfAttention.scale(width: width), causal: causal, guarded: guarded, q: three, k: three, v: three,
      out: one, dq: three,
      dk: three, dv: three, dout: one, mask: .mask(mask, in: [qkv[0], heads, tokens, tokens]))
  }

  /// Queries [B, Lq, D], packed k|v [B, Lk, 2·D] and results [B, Lq, D].
  static func cross(q: [Int], kv: [Int], mask: [Int]?, heads: Int) -> ck_attention {
    let (queries, keys, width) = (q[1], kv[1], q[2] / heads)
    let one = ck_attention_strides.packed(heads: heads, tokens: queries, width: width, parts: 1)
    let two = ck_attention_strides.packed(heads: heads, tokens: keys, width: width, parts: 2)
    return ck_attention(
      batch: Int64(q[0]), heads: Int64(heads), queries: Int64(queries), keys: Int64(keys), width: Int64(width),
      scale: SelfAttention.scale(width: width), causal: false, guarded: false, q: one, k: two, v: two, out: one,
      dq: one,
      dk: two, dv: two, dout: one, mask: .mask(mask, in: [q[0], heads, queries, keys]))
  }
}

/// Attention backward with what it needs besides: where no log-sum-exp is given, forward runs once more into scratch.
struct AttentionBackward: Sendable {
  let sizes: ck_attention
  /// Bytes of each part of the scratch memory, in order: the log-sum-exp, the repeated result, the kernels' own.
  private let logSumExpBytes: Int
  private let outputBytes: Int
  let scratch: Int
  let flops: Int

  init(_ sizes: ck_attention, threads: Int, recomputes: Bool) {
    self.sizes = sizes
    let rows = Int(sizes.batch * sizes.heads * sizes.queries)
    func aligned(_ bytes: Int) -> Int { (bytes + 63) / 64 * 64 }
    logSumExpBytes = recomputes ? aligned(rows * 4) : 0
    outputBytes = recomputes ? aligned(rows * Int(sizes.width) * 4) : 0
    let (forward, backward) = withUnsafePointer(to: sizes) {
      (Int(ck_attention_scratch($0, Int32(threads))), Int(ck_attention_gradient_scratch($0, Int32(threads))))
    }
    flops = sizes.backwardFlops &+ (recomputes && sizes.backwardFlops < Int.max / 2 ? sizes.forwardFlops : 0)
    scratch = logSumExpBytes + outputBytes + (recomputes ? max(forward, backward) : backward)
  }

  struct Operands {
    var dq, dk, dv: UnsafeMutablePointer<Float>?
    var q, k, v, out, dout, mask, logSumExp: UnsafePointer<Float>?
  }

  func run(_ x: Operands, scratch: UnsafeMutableRawPointer?) {
    withUnsafePointer(to: sizes) { sizes in
      var logSumExp = x.logSumExp
      let own = scratch.map { $0 + logSumExpBytes + outputBytes }
      if logSumExp == nil, let scratch {
        let again = scratch.assumingMemoryBound(to: Float.self)
        let output = (scratch + logSumExpBytes).assumingMemoryBound(to: Float.self)
        ck_attention_f32(output, again, x.q, x.k, x.v, x.mask, sizes, own)
        logSumExp = UnsafePointer(again)
      }
      ck_attention_gradient_f32(x.dq, x.dk, x.dv, x.dout, x.q, x.k, x.v, x.out, logSumExp, x.mask, sizes, own)
    }
  }
}
