import Graphs
import Operators
import Tensors

extension Tensor {
  /// A convolution that keeps the image's size, without a bias. [B, C, H, W] → [B, O, H / stride, W / stride]
  func convolution(_ p: Parameters, _ input: Int, _ output: Int, kernel: Int = 1, stride: Int = 1) -> Tensor {
    p.named {
      let pad = (kernel - 1) / 2
      return convolved(
        with: p("weight", [output, input, kernel, kernel]), strides: [stride, stride], pads: [pad, pad, pad, pad])
    }
  }

  /// Batch normalisation (Ioffe and Szegedy 2015) with the running statistics, or in training with those of the batch, which
  /// then move the running ones. [B, C, H, W] → [B, C, H, W]
  func batchNorm(_ p: Parameters, _ channels: Int) -> Tensor {
    p.named {
      let (scale, bias) = (p("weight", [channels]), p("bias", [channels]))
      let (mean, variance) = (p("running_mean", [channels]), p("running_var", [channels]))
      let steps = p.counter("num_batches_tracked")
      let epsilon = Float(CLIPConfiguration.standardEpsilon)
      guard p.isTraining else {
        return batchNormalization(scale: scale, bias: bias, mean: mean, variance: variance, epsilon: epsilon)
      }
      let normalised = batchNormalizationTraining(scale: scale, bias: bias, epsilon: epsilon)
      let running = batchNormalizationRunningStatistics(
        mean: mean, variance: variance, batch: (normalised.mean, normalised.variance),
        momentum: CLIPConfiguration.ModifiedResNet.momentum)
      builder.update(mean, with: running.mean)
      builder.update(variance, with: running.variance)
      builder.update(steps, with: steps + builder.constant(NDArray(Int64(1))))
      return normalised.output
    }
  }

  /// [B, C, H, W] → [B, O, H / stride, W / stride], ending in its batch normalisation.
  private func layer(
    _ p: Parameters, _ number: Int, _ input: Int, _ output: Int, kernel: Int = 1, stride: Int = 1
  ) -> Tensor {
    convolution(p["conv\(number)"], input, output, kernel: kernel, stride: stride).batchNorm(p["bn\(number)"], output)
  }

  /// The anti-aliased stride (Zhang 2019): the mean of `stride` × `stride` pixels. [B, C, H, W] → [B, C, H / s, W / s]
  private func shrunk(_ stride: Int) -> Tensor {
    stride == 1 ? self : averagePool(PoolingWindow([stride, stride], strides: [stride, stride]))
  }

  private func active(_ p: Parameters) -> Tensor { p.named { relu() } }

  /// Pixels to the first feature map. [B, 3, S, S] → [B, D, S / 4, S / 4]
  private func stem(_ p: Parameters, _ width: Int) -> Tensor {
    let x = layer(p, 1, 3, width / 2, kernel: 3, stride: 2).active(p)
      .layer(p, 2, width / 2, width / 2, kernel: 3).active(p)
      .layer(p, 3, width / 2, width, kernel: 3).active(p)
    return p.named { x.shrunk(2) }
  }

  /// A residual block (He et al. 2016) of `width` channels inside. [B, C, H, W] → [B, 4 · width, H / stride, W / stride]
  private func bottleneck(_ p: Parameters, _ input: Int, _ width: Int, stride: Int) -> Tensor {
    let output = width * CLIPConfiguration.ModifiedResNet.expansion
    let inner = layer(p, 1, input, width).active(p).layer(p, 2, width, width, kernel: 3).active(p)
    let result = p.named { inner.shrunk(stride) }.layer(p, 3, width, output)
    var identity = self
    if stride > 1 || input != output {
      let down = p["downsample"]
      identity = down.named { shrunk(stride) }.convolution(down["0"], input, output).batchNorm(down["1"], output)
    }
    return p.named { (result + identity).relu() }
  }

  /// Attention with one query: the mean of all cells looks at itself and at every cell. [B, C, h, w] → [B, E]
  private func attentionPool(
    _ p: Parameters, _ c: CLIPConfiguration.ModifiedResNet, batch: Dimension, _ embedding: Int
  ) -> Tensor {
    let (width, grid) = (c.features, c.imageSize / CLIPConfiguration.ModifiedResNet.reduction)
    let tokens = p.named {
      let cells = reshaped(to: [batch, Dimension(width), Dimension(grid * grid)]).transposed([0, 2, 1])
      let all = concatenated([cells.mean([1], keepDimensions: true), cells], axis: 1)
      return all + p("positional_embedding", [grid * grid + 1, width])
    }
    let query = p.named { tokens.sliced(axis: 1, from: 0, to: 1) }
    let (q, k, v) = (
      query.linear(p["q_proj"], width, width), tokens.linear(p["k_proj"], width, width),
      tokens.linear(p["v_proj"], width, width)
    )
    let mixed = p.named {
      func split(_ x: Tensor, _ length: Int) -> Tensor {
        x.reshaped(to: [batch, Dimension(length), Dimension(c.heads), Dimension(c.headWidth)]).transposed([0, 2, 1, 3])
      }
      let scale = 1 / Float(c.headWidth).squareRoot()
      return split(q, 1)
        .scaledDotProductAttention(
          split(k, grid * grid + 1), split(v, grid * grid + 1), scale: scale, causal: false
        )
        .reshaped(to: [batch, Dimension(width)])
    }
    return mixed.linear(p["c_proj"], width, embedding)
  }

  /// [B, 3, S, S] → [B, E]
  func modifiedResNet(_ p: Parameters, _ c: CLIPConfiguration.ModifiedResNet, _ embedding: Int) -> Tensor {
    var x = stem(p, c.width)
    var channels = c.width
    for (stage, blocks) in c.layers.enumerated() {
      let width = c.width << stage
      for block in 0..<blocks {
        let place = p["layer\(stage + 1)"][String(block)]
        x = x.bottleneck(place, channels, width, stride: stage > 0 && block == 0 ? 2 : 1)
        channels = width * CLIPConfiguration.ModifiedResNet.expansion
      }
    }
    return x.attentionPool(p["attnpool"], c, batch: shape[0], embedding)
  }
}
