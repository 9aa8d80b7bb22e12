import Graphs
import Tensors

extension PoolingWindow {
  /// Pooling of x [B, C, …] along any number of axes, one after the other: maxima and means of windows are those of their
  /// rows, then of these. `pool` does it for images [B, C', H, W] whose windows are one wide.
  func separated(_ x: Tensor, _ pool: (Tensor, PoolingWindow) -> Tensor) -> Tensor {
    let count = x.rank - 2
    // The defaults stand for any number of axes.
    let steps = strides == [1, 1] ? [Int](repeating: 1, count: max(count, 0)) : strides
    let gaps = dilations == [1, 1] ? [Int](repeating: 1, count: max(count, 0)) : dilations
    let margins = pads == [0, 0, 0, 0] ? [Int](repeating: 0, count: max(2 * count, 0)) : pads
    guard count >= 1, kernelShape.count == count, steps.count == count, gaps.count == count, margins.count == 2 * count
    else {
      x.builder.record(
        .shape, at: x.builder.path,
        "x is \(x.shape), but kernel_shape is \(kernelShape), strides \(strides), dilations \(dilations), pads \(pads)")
      return Tensor(x.builder, nil)
    }
    var result = x
    for axis in 0..<count where !result.isPoisoned {
      let alone = PoolingWindow(
        [kernelShape[axis], 1], strides: [steps[axis], 1], pads: [margins[axis], 0, margins[count + axis], 0],
        dilations: [gaps[axis], 1], ceilMode: ceilMode, padding: padding)
      var extents = result.shape.dimensions
      let before = extents[1..<axis + 2].reduce(1, *)
      let after = extents[(axis + 3)...].reduce(1, *)
      let pooled = pool(result.reshaped(to: [extents[0], before, extents[axis + 2], after]), alone)
      if pooled.isPoisoned { return pooled }
      extents[axis + 2] = pooled.shape[2]
      result = pooled.reshaped(to: extents)
    }
    return result
  }
}
