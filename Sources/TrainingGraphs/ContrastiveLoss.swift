import Graphs
import Operators
import Tensors

/// The symmetric cross-entropy of matching pairs (Radford et al. 2021, figure 3): the mean of both directions' mean losses,
/// with the labels 0…N−1. No matrix of all pairs is held.
///
///     ½ mean_i [log Σ_j exp(s x_i · y_j) + log Σ_j exp(s y_i · x_j)] − mean_i s x_i · y_i
///
/// - Parameters:
///   - image: unit vectors [N, E].
///   - text: unit vectors [N, E].
///   - scale: s, a scalar.
func contrastiveLoss(image: Tensor, text: Tensor, scale: Tensor) -> Tensor {
  let rows = image.productLogSumExp(text, scale: scale).mean([0], keepDimensions: false)
  let columns = text.productLogSumExp(image, scale: scale).mean([0], keepDimensions: false)
  let matching = (image * text).sum([1], keepDimensions: false).mean([0], keepDimensions: false)
  return (rows + columns) * 0.5 - scale * matching
}

/// The sigmoid loss of all pairs (Zhai et al. 2023, "Sigmoid Loss for Language Image Pre-Training", algorithm 1). No matrix of
/// all pairs is held.
///
///     − 1/N Σᵢ Σⱼ log σ(± (s x_i · y_j + b)),   + for a matching pair, − otherwise
///
/// - Parameters:
///   - image: unit vectors [N, E].
///   - text: unit vectors [N, E].
///   - scale: s, a scalar.
///   - bias: b, a scalar; nil for 0.
func sigmoidLoss(image: Tensor, text: Tensor, scale: Tensor, bias: Tensor?) -> Tensor {
  image.productSigmoidLoss(text, scale: scale, bias: bias ?? image.builder.constant(0)).mean([0], keepDimensions: false)
}

extension Tensor {
  /// The symmetric cross-entropy of logits that a graph gives, with the labels 0…N−1. Logits [N, N] → scalar.
  func contrastiveLoss() -> Tensor {
    let perText = transposed([1, 0])
    let rows = softmaxCrossEntropyLoss(labels: rowNumbers)
    let columns = perText.softmaxCrossEntropyLoss(labels: perText.rowNumbers)
    return (rows + columns) * 0.5
  }

  /// `sigmoidLoss` of logits that a graph gives, with their bias. Logits [N, N] → scalar.
  func sigmoidContrastiveLoss() -> Tensor {
    let texts = transposed([1, 0]).rowNumbers
    let isPair = rowNumbers.unsqueezed([1]).equal(to: texts.unsqueezed([0]))
    let terms = builder.apply(Softplus(), [isPair.select(-self, self)])
    return terms.sum([1]).mean([0])
  }
}
