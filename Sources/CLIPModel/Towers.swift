import Graphs
import Operators
import Tensors

extension CLIPConfiguration.VisionTransformer {
  func transformer(quickGELU: Bool) -> TransformerConfiguration {
    TransformerConfiguration(
      width: width, heads: heads, layers: layers, hidden: hidden, causal: false, quickGELU: quickGELU, epsilon: epsilon)
  }
}

extension CLIPConfiguration.Text {
  func transformer(quickGELU: Bool) -> TransformerConfiguration {
    TransformerConfiguration(
      width: width, heads: heads, layers: layers, hidden: hidden, causal: true, quickGELU: quickGELU, epsilon: epsilon)
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

/// Pixels [B, 3, S, S] → embeddings [B, E].
func imageTower(_ pixels: Tensor, _ p: Parameters, _ c: CLIPConfiguration) -> Tensor {
  switch c.vision {
  case .transformer(let v): return visionTransformer(pixels, p, v, c)
  case .resNet(let v): return pixels.modifiedResNet(p, v, c.embedding)
  }
}

/// Pixels [B, 3, S, S] → embeddings [B, E], read off the class token.
private func visionTransformer(
  _ pixels: Tensor, _ p: Parameters, _ v: CLIPConfiguration.VisionTransformer, _ c: CLIPConfiguration
) -> Tensor {
  let tokens = c.vision.tokens
  let embedded = p.named {
    let patches = pixels.patches(
      p["conv1"]("weight", [v.width, 3, v.patchSize, v.patchSize]), size: v.patchSize, tokens: tokens - 1,
      width: v.width)
    let readout = p("class_embedding", [v.width]).expanded(
      to: [pixels.shape[0], 1, Dimension(v.width)], like: pixels)
    return concatenated([readout, patches], axis: 1) + p("positional_embedding", [tokens, v.width])
  }
  let transformer = v.transformer(quickGELU: c.quickGELU)
  let x = embedded.layerNorm(p["ln_pre"], transformer)
  let token: Tensor
  if p.isTraining {
    let first = x.builder.constant(NDArray([Int64(0)], [1]))
    token = x.transformer(p["transformer"], transformer, reading: Reading(token: { $0.gather(first, axis: 1) }))
  } else {
    let all = x.transformer(p["transformer"], transformer)
    token = p.named { all.token(0) }
  }
  let read = token.layerNorm(p["ln_post"], transformer)
  return p.named { read.matmul(p("proj", [v.width, c.embedding])) }
}

extension CLIPConfiguration.TextPooling {
  /// Where the embedding is read. Tokens [B, L] → positions [B, 1]
  func positions(of tokens: Tensor) -> Tensor {
    switch self {
    case .argmax: tokens.argmax(axis: -1, keepDimensions: true)
    case .endOfText(let identifier):
      tokens.equal(to: tokens.builder.constant(NDArray(Int64(identifier)))).cast(to: .int32)
        .argmax(axis: -1, keepDimensions: true)
    }
  }
}

/// Tokens [B, L] → embeddings [B, E], read off the end-of-text token.
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
  let transformer = t.transformer(quickGELU: c.quickGELU)
  let (end, place) = p.named {
    let end = t.pooling.positions(of: tokens)
    let rows = builder.range(zero, tokens.dimension(0).squeezed([0]), one).unsqueezed([1])
    return (end, concatenated([rows, end], axis: 1))
  }
  let token: Tensor
  if p.isTraining {
    let mask = p.named {
      let positions = builder.range(zero, tokens.dimension(1).squeezed([0]), one)
      return positions.lessOrEqual(to: end).select(builder.constant(0), builder.constant(-Float.infinity))
        .unsqueezed([1, 2])
    }
    let reading = Reading(token: { $0.gatherND(place).unsqueezed([1]) }, mask: mask)
    token = embedded.transformer(p["transformer"], transformer, reading: reading)
  } else {
    let all = embedded.transformer(p["transformer"], transformer)
    token = p.named { all.gatherND(place) }
  }
  let read = token.layerNorm(p["ln_final"], transformer)
  return p.named { read.matmul(p("text_projection", [t.width, c.embedding])) }
}
