import Graphs
import Tensors

/// Multi-head self-attention with its projection, as ONNX Runtime fuses it: x [B, L, W] times weights [W, 3 · D], plus a
/// bias, is q|k|v; attention of every head; heads merged into [B, L, D].
///
/// Inputs: x, weights, bias?, mask?, past? (refused), numbers added to the scores?. The mask is the number of tokens that
/// count [B]; ends, then starts of what counts [2 · B]; or 1 where a key is seen: [B, Lk], [B, Lq, Lk] or [B, 1, Lq, Lk].
public struct MicrosoftAttention: Macro {
  public var heads = 1
  public var isCausal = false
  public var scale: Float?
  public var hidden: Float = -10_000
  /// The widths of q, k and v; thirds where they are not given.
  public var widths: [Int]?

  public init() {}
  public init(heads: Int, isCausal: Bool = false, scale: Float? = nil, widths: [Int]? = nil) {
    (self.heads, self.isCausal, self.scale, self.widths) = (heads, isCausal, scale, widths)
  }

  public static let onnx = [
    ONNXForm<Self>(
      "Attention", domain: Catalogue.microsoft, since: 1, inputs: Arity(2...6),
      [
        "num_heads": .int(\.heads), "unidirectional": .bool(\.isCausal), "scale": .optionalFloat(\.scale),
        "mask_filter_value": .float(\.hidden), "qkv_hidden_sizes": .optionalInts(\.widths),
        "do_rotary": .fixed(.int(0)), "rotary_embedding_dim": .fixed(.int(0)),
        "past_present_share_buffer": .fixed(.int(0)),
      ], isReadOnly: true)
  ]

  public func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    guard inputs.count >= 2, let x = inputs[0], let weights = inputs[1] else { return nil }
    func input(_ index: Int) -> Tensor? { index < inputs.count ? inputs[index] : nil }
    guard input(4) == nil else {
      x.builder.record(.unsupported, at: x.builder.path, "Attention with past keys and values is not supported")
      return nil
    }
    let product = x.matmul(weights)
    return attended(input(2).map { product + $0 } ?? product, tokens: x, mask: input(3), bias: input(5))
  }

  /// Attention on q|k|v of tokens. `bias` is added to the scores.
  func attended(_ packed: Tensor, tokens x: Tensor, mask given: Tensor?, bias: Tensor? = nil) -> [Tensor]? {
    let builder = x.builder
    if packed.isPoisoned { return [packed] }
    guard packed.rank == 3, let total = packed.shape[2].constant, heads > 0, heads < 1 << 20 else {
      builder.record(
        .unsupported, at: builder.path, "Attention on \(x.shape) with \(heads) heads is not supported")
      return nil
    }
    let sizes = widths ?? [total / 3, total / 3, total / 3]
    guard sizes.count == 3, sizes.allSatisfy({ $0 > 0 && $0 <= total && $0 % heads == 0 }),
      sizes.reduce(0, +) == total, sizes[0] == sizes[1]
    else {
      builder.record(
        .shape, at: builder.path, "Attention's projection of \(total) is not \(sizes) for \(heads) heads")
      return nil
    }
    var mask = given.flatMap { $0.keyMask(of: packed, keys: packed, hidden: hidden) }
    if let given, mask == nil, !given.isPoisoned { return nil }
    if let bias { mask = mask.map { $0 + bias } ?? bias }
    if mask == nil, scale == nil, widths == nil || Set(sizes).count == 1 {
      return [packed.selfAttention(heads: heads, causal: isCausal)]
    }
    let parts = zip(packed.split(sizes, axis: 2), sizes).map { $0.splitHeads(heads, width: $1 / heads) }
    let result = parts[0].attention(
      parts[1], parts[2], mask: mask, scale: scale ?? SelfAttention.scale(width: sizes[0] / heads), causal: isCausal)
    return [result.mergedHeads(width: sizes[2])]
  }
}

extension Tensor {
  /// What ONNX Runtime's mask of keys adds to the scores; nil, and a mistake recorded, for a form that is not supported.
  func keyMask(of queries: Tensor, keys: Tensor, hidden: Float) -> Tensor? {
    let batch = queries.shape[0]
    let columns = { builder.positions(keys.dimension(1)).cast(to: scalar) }
    switch rank {
    case 1 where shape[0] == batch:
      return columns().less(than: unsqueezed([1])).unsqueezed([1, 2])
        .additiveMask(hidden: hidden, queries.scalar)
    case 1 where shape[0] == batch * 2:
      let bounds = reshaped(shape: builder.constant([2, -1]))
      let (ends, starts) = (
        bounds.gather(builder.constant([0]), axis: 0), bounds.gather(builder.constant([1]), axis: 0)
      )
      let after = columns().greaterOrEqual(to: starts.transposed([1, 0]))
      return columns().less(than: ends.transposed([1, 0])).and(after).unsqueezed([1, 2])
        .additiveMask(hidden: hidden, queries.scalar)
    case 2: return unsqueezed([1, 2]).additiveMask(hidden: hidden, queries.scalar)
    case 3: return unsqueezed([1]).additiveMask(hidden: hidden, queries.scalar)
    case 4: return additiveMask(hidden: hidden, queries.scalar)
    default:
      builder.record(
        .unsupported, at: builder.path, "Attention with a mask \(shape) for a batch of \(batch) is not supported")
      return nil
    }
  }
}
