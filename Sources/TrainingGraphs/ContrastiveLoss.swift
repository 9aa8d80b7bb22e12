import Graphs
import Operators
import Tensors

extension Tensor {
  /// The symmetric cross-entropy of matching pairs (Radford et al. 2021, figure 3): the mean of both directions' mean losses,
  /// with the labels 0…N−1. Logits [N, N] → scalar.
  func contrastiveLoss(transposed logitsPerText: Tensor) -> Tensor {
    let labels = rowNumbers
    let isSquare = dimensionsAgree(with: logitsPerText)
    let rows = softmaxCrossEntropyLoss(labels: labels)
    let columns = logitsPerText.softmaxCrossEntropyLoss(labels: isSquare ? labels : logitsPerText.rowNumbers)
    return (rows + columns) * 0.5
  }

  /// The sigmoid loss of all pairs (Zhai et al. 2023, "Sigmoid Loss for Language Image Pre-Training", equation 1):
  ///
  ///     − 1/N Σᵢ Σⱼ log σ(± logitᵢⱼ),   + for a matching pair, − otherwise
  ///
  /// Logits [N, N], with their bias → scalar.
  func sigmoidContrastiveLoss() -> Tensor {
    let images = rowNumbers
    let texts = transposed([1, 0]).rowNumbers
    let isPair = images.unsqueezed([1]).equal(to: texts.unsqueezed([0]))
    let terms = builder.apply(Softplus(), [isPair.select(-self, self)])
    return terms.sum([1]).mean([0])
  }

  /// 0 … N−1, int64 [N], for a tensor of N rows.
  private var rowNumbers: Tensor {
    let (zero, one) = (builder.constant(NDArray(Int64(0))), builder.constant(NDArray(Int64(1))))
    return builder.range(zero, dimension(0).squeezed([0]), one)
  }

  private func dimensionsAgree(with other: Tensor) -> Bool { shape[0] == other.shape[0] }
}
