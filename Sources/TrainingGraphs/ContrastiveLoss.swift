import Graphs
import Operators
import Tensors

/// The symmetric cross-entropy of matching pairs (Radford et al. 2021, figure 3): the mean of both directions' mean losses,
/// with the labels 0…N−1. No matrix of all pairs is held.
///
///     ½ mean_i [log Σ_j exp(s x_i · y_j) + log Σ_j exp(s y_i · x_j)] − mean_i s x_i · y_i
///
/// With groups, each direction's targets are uniform over the positives P_i of a row, those of its group (Yang et al. 2022,
/// "Unified Contrastive Learning in Image-Text-Label Space", section 3). Then y_i in the last term is the mean over P_i:
/// Σ_i Σ_{j ∈ P_i} x_i · y_j / |P_i| is the same sum in both directions, as i and j of one group have the same positives.
///
/// - Parameters:
///   - image: unit vectors [N, E].
///   - text: unit vectors [N, E].
///   - scale: s, a scalar.
///   - groups: int64 [N], at least 0 and below N; nil where every pair is a group of its own.
func contrastiveLoss(image: Tensor, text: Tensor, scale: Tensor, groups: Tensor?) -> Tensor {
  let rows = image.productLogSumExp(text, scale: scale).mean([0], keepDimensions: false)
  let columns = text.productLogSumExp(image, scale: scale).mean([0], keepDimensions: false)
  let positives = groups.map(text.groupMeans) ?? text
  let matching = (image * positives).sum([1], keepDimensions: false).mean([0], keepDimensions: false)
  return (rows + columns) * 0.5 - scale * matching
}

/// The sigmoid loss of all pairs (Zhai et al. 2023, "Sigmoid Loss for Language Image Pre-Training", algorithm 1). No matrix of
/// all pairs is held.
///
///     − 1/N Σᵢ Σⱼ log σ(± (s x_i · y_j + b)),   + for a matching pair or two of one group, − otherwise
///
/// - Parameters:
///   - image: unit vectors [N, E].
///   - text: unit vectors [N, E].
///   - scale: s, a scalar.
///   - bias: b, a scalar; nil for 0.
///   - groups: int64 [N]; nil where every pair is a group of its own.
func sigmoidLoss(image: Tensor, text: Tensor, scale: Tensor, bias: Tensor?, groups: Tensor?) -> Tensor {
  image.productSigmoidLoss(text, scale: scale, bias: bias ?? image.builder.constant(0), groups: groups)
    .mean([0], keepDimensions: false)
}

extension Tensor {
  /// The symmetric cross-entropy of logits that a graph gives, with the labels 0…N−1, or with targets that are uniform over
  /// the rows of a group. Logits [N, N], groups int64 [N] → scalar.
  func contrastiveLoss(groups: Tensor?) -> Tensor {
    if let groups {
      let positives = isPositive(groups)
      let both = (logSoftmax(axis: 1) + logSoftmax(axis: 0)) * 0.5
      let sums = positives.select(both, builder.constant(0)).sum([1])
      return -(sums / positives.cast(to: scalar).sum([1])).mean([0])
    }
    let perText = transposed([1, 0])
    let rows = softmaxCrossEntropyLoss(labels: rowNumbers)
    let columns = perText.softmaxCrossEntropyLoss(labels: perText.rowNumbers)
    return (rows + columns) * 0.5
  }

  /// `sigmoidLoss` of logits that a graph gives, with their bias. Logits [N, N], groups int64 [N] → scalar.
  func sigmoidContrastiveLoss(groups: Tensor?) -> Tensor {
    let terms = builder.apply(Softplus(), [isPositive(groups).select(-self, self)])
    return terms.sum([1]).mean([0])
  }

  /// Which logits are of one pair, or of one group. [N, N]
  private func isPositive(_ groups: Tensor?) -> Tensor {
    // A graph may call pictures and captions by different symbols, though there are as many of both.
    let numbers = [rowNumbers, transposed([1, 0]).rowNumbers].map { groups?.gather($0, axis: 0) ?? $0 }
    return numbers[0].unsqueezed([1]).equal(to: numbers[1].unsqueezed([0]))
  }
}
