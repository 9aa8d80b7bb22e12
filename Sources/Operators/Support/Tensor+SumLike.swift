import Graphs
import Tensors

extension Tensor {
  /// Undoes broadcasting: sums over the axes along which a tensor of `target`'s shape was repeated to this one's.
  public func sum(like target: Tensor) -> Tensor {
    if isPoisoned || target.isPoisoned { return Tensor(builder, nil) }
    if shape == target.shape { return self }
    let extra = rank - target.rank
    guard extra >= 0 else {
      builder.record(.shape, at: builder.path, "\(shape) was not broadcast from \(target.shape)")
      return Tensor(builder, nil)
    }
    let repeated = (0..<target.rank).filter { target.shape[$0] == 1 && shape[$0 + extra] != 1 }
    let axes = Array(0..<extra) + repeated.map { $0 + extra }
    var result = axes.isEmpty ? self : sum(axes, keepDimensions: false)
    if !repeated.isEmpty { result = result.unsqueezed(repeated) }
    return result.shape == target.shape ? result : result.reshaped(like: target)
  }

  /// This tensor repeated to the shape of `target`.
  func expanded(like target: Tensor) -> Tensor {
    shape == target.shape ? self : expanded(shape: target.builder.shapeVector(target.shape.dimensions, from: [target]))
  }

  /// This tensor under the shape of `target`.
  func reshaped(like target: Tensor) -> Tensor {
    if shape == target.shape { return self }
    if target.shape.sizes != nil { return reshaped(to: target.shape.dimensions) }
    return reshaped(shape: builder.shapeVector(target.shape.dimensions, from: [target]))
  }
}
