import Graphs
import Operators
import Tensors

extension Tensor {
  /// The symmetric cross-entropy of matching pairs (Radford et al. 2021, figure 3): the mean of both directions' mean losses,
  /// with the labels 0…N−1. Logits [N, N] → scalar.
  func contrastiveLoss(transposed logitsPerText: Tensor) -> Tensor {
    let (zero, one) = (builder.constant(NDArray(Int64(0))), builder.constant(NDArray(Int64(1))))
    let labels = builder.range(zero, dimension(0).squeezed([0]), one)
    let rows = softmaxCrossEntropyLoss(labels: labels)
    let columns = logitsPerText.softmaxCrossEntropyLoss(labels: labels)
    return (rows + columns) * 0.5
  }
}
