import Graphs
import Operators
import Tensors

/// What the two towers' transformers share. D width, H heads.
struct TransformerConfiguration {
  var width: Int
  var heads: Int
  var layers: Int
  /// Width of the MLP's hidden layer.
  var hidden: Int
  /// Whether a token sees only itself and what precedes it.
  var causal: Bool
  var quickGELU: Bool
  /// ε of every layer normalisation.
  var epsilon: Double
}

/// The one token of every sequence that is read of a transformer, and what it sees.
struct Reading {
  /// [B, L, D] → [B, 1, D]
  var token: (Tensor) -> Tensor
  /// 0 for the tokens that it sees and −∞ for the others [B, 1, 1, L]; nil where it sees all.
  var mask: Tensor?
}

extension Tensor {
  /// x Wᵀ + b over the last axis, with W [out, in] as checkpoints store it. [..., in] → [..., out]
  func linear(_ p: Parameters, _ input: Int, _ output: Int, prefix: String = "") -> Tensor {
    p.named {
      matmul(p(prefix + "weight", [output, input]).transposed([1, 0])) + p(prefix + "bias", [output])
    }
  }

  /// [..., D] → [..., D]
  func layerNorm(_ p: Parameters, _ c: TransformerConfiguration) -> Tensor {
    p.named {
      layerNormalization(scale: p("weight", [c.width]), bias: p("bias", [c.width]), epsilon: Float(c.epsilon))
    }
  }

  /// Multi-head self-attention with packed projections, rows ordered q, k, v. [B, L, D] → [B, L, D]
  func attention(_ p: Parameters, _ c: TransformerConfiguration) -> Tensor {
    let qkv = linear(p, c.width, 3 * c.width, prefix: "in_proj_")
    let mixed = p.named { qkv.selfAttention(heads: c.heads, causal: c.causal) }
    return mixed.linear(p["out_proj"], c.width, c.width)
  }

  /// [B, L, D] → [B, L, D]
  func mlp(_ p: Parameters, _ c: TransformerConfiguration) -> Tensor {
    let hidden = linear(p["c_fc"], c.width, c.hidden)
    let active = p.named { c.quickGELU ? hidden.quickGelu() : hidden.gelu() }
    return active.linear(p["c_proj"], c.hidden, c.width)
  }

  /// Attend, then think: the pre-norm residual block of both towers. [B, L, D] → [B, L, D]
  func block(_ p: Parameters, _ c: TransformerConfiguration) -> Tensor {
    let attended = layerNorm(p["ln_1"], c).attention(p["attn"], c)
    let x = p.named { self + attended }
    let thought = x.layerNorm(p["ln_2"], c).mlp(p["mlp"], c)
    return p.named { x + thought }
  }

  /// [B, L, D] → [B, L, D]
  func transformer(_ p: Parameters, _ c: TransformerConfiguration) -> Tensor {
    (0..<c.layers).reduce(self) { x, layer in x.block(p["resblocks"][String(layer)], c) }
  }

  /// The block for the one token that is read: it asks, all tokens answer. [B, L, D] → [B, 1, D]
  func block(_ p: Parameters, _ c: TransformerConfiguration, reading: Reading) -> Tensor {
    let attention = p["attn"]
    let normalised = layerNorm(p["ln_1"], c)
    let mixed = attention.named {
      let widths = [c.width, 2 * c.width]
      let weights = attention("in_proj_weight", [3 * c.width, c.width]).split(widths, axis: 0)
      let biases = attention("in_proj_bias", [3 * c.width]).split(widths, axis: 0)
      let query = reading.token(normalised).matmul(weights[0].transposed([1, 0])) + biases[0]
      let answers = normalised.matmul(weights[1].transposed([1, 0])) + biases[1]
      return query.crossAttention(answers, mask: reading.mask, heads: c.heads)
    }
    let attended = mixed.linear(attention["out_proj"], c.width, c.width)
    let x = p.named { reading.token(self) + attended }
    let thought = x.layerNorm(p["ln_2"], c).mlp(p["mlp"], c)
    return p.named { x + thought }
  }

  /// What is read of the transformer, without the last block's work for other tokens. [B, L, D] → [B, D]
  func transformer(_ p: Parameters, _ c: TransformerConfiguration, reading: Reading) -> Tensor {
    guard c.layers > 0 else { return p.named { reading.token(self).squeezed([1]) } }
    let before = (0..<c.layers - 1).reduce(self) { x, layer in x.block(p["resblocks"][String(layer)], c) }
    let last = before.block(p["resblocks"][String(c.layers - 1)], c, reading: reading)
    return p.named { last.squeezed([1]) }
  }
}
