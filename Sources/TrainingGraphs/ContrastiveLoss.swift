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
