import Graphs
import Operators
import Tensors

extension CLIPConfiguration.Vision {
  func transformer(quickGELU: Bool) -> TransformerConfiguration {
    TransformerConfiguration(
      width: width, heads: heads, layers: layers, hidden: Int(Double(width) * mlpRatio), causal: false,
      quickGELU: quickGELU)
  }
}

extension CLIPConfiguration.Text {
  func transformer(quickGELU: Bool) -> TransformerConfiguration {
    TransformerConfiguration(
      width: width, heads: heads, layers: layers, hidden: Int(Double(width) * mlpRatio), causal: true,
      quickGELU: quickGELU)
  }
}

extension Tensor {
  /// The projection of non-overlapping patches. Pixels [B, 3, S, S] → [B, (S / P)², D]
  func patches(_ weight: Tensor, size: Int, tokens: Int, width: Int) -> Tensor {
    convolved(with: weight, bias: nil, strides: [size, size], pads: [0, 0, 0, 0], dilations: [1, 1], groups: 1)
      .reshaped(to: [shape[0], Dimension(width), Dimension(tokens)])
      .transposed([0, 2, 1])
  }

  /// Token `index` of every sequence. [B, L, D] → [B, D]
  func token(_ index: Int) -> Tensor { gather(builder.constant(NDArray(Int64(index))), axis: 1) }

  /// Features of length one. [B, E] → [B, E]
  public func normalised() -> Tensor { self / l2Norm([-1], keepDimensions: true) }
}

/// Pixels [B, 3, S, S] → embeddings [B, E], read off the class token.
func imageTower(_ pixels: Tensor, _ p: Parameters, _ c: CLIPConfiguration) -> Tensor {
  let v = c.vision
  let batch = pixels.shape[0]
  let embedded = p.named {
    let patches = pixels.patches(
      p["conv1"]("weight", [v.width, 3, v.patchSize, v.patchSize]), size: v.patchSize, tokens: v.grid * v.grid,
      width: v.width)
    let readout = p("class_embedding", [v.width]).expanded(to: [batch, 1, Dimension(v.width)], like: pixels)
    return concatenated([readout, patches], axis: 1) + p("positional_embedding", [v.tokens, v.width])
  }
  let x = embedded.layerNorm(p["ln_pre"], v.width).transformer(p["transformer"], v.transformer(quickGELU: c.quickGELU))
  let read = p.named { x.token(0) }.layerNorm(p["ln_post"], v.width)
  return p.named { read.matmul(p("proj", [v.width, c.embedding])) }
}

/// Tokens [B, L] → embeddings [B, E], read off the end-of-text token: the largest id, at its first place.
func textTower(_ tokens: Tensor, _ p: Parameters, _ c: CLIPConfiguration) -> Tensor {
  let t = c.text
  let builder = tokens.builder
  let (zero, one) = (builder.constant(NDArray(Int64(0))), builder.constant(NDArray(Int64(1))))
  let embedded = p.named {
    let length = tokens.dimension(1).squeezed([0])
    let positions = p("positional_embedding", [t.contextLength, t.width])
      .gather(builder.range(zero, length, one), axis: 0)
    return p["token_embedding"]("weight", [t.vocabularySize, t.width]).gather(tokens, axis: 0) + positions
  }
  let x = embedded.transformer(p["transformer"], t.transformer(quickGELU: c.quickGELU))
  let read = p.named {
    let end = tokens.argmax(axis: -1, keepDimensions: true)
    let rows = builder.range(zero, tokens.dimension(0).squeezed([0]), one).unsqueezed([1])
    return x.gatherND(concatenated([rows, end], axis: 1))
  }.layerNorm(p["ln_final"], t.width)
  return p.named { read.matmul(p("text_projection", [t.width, c.embedding])) }
}
