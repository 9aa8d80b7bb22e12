import Graphs
import Tensors

/// A dense tensor [B, C, ...] seen as [batch, channels, plane].
struct ChannelExtents: Sendable {
  var batch: Int64
  var channels: Int64
  var plane: Int64

  init(_ sizes: [Int]) throws(ShapeError) {
    let extents = try AxisExtents(sizes, axis: 1)
    (batch, channels, plane) = (extents.outer, extents.n, extents.inner)
  }
}

extension Operands {
  /// Input 0 has a channel axis, and the present ones of these inputs have one number a channel.
  func requireChannelVectors(_ vectors: [(index: Int, name: String)]) throws(ShapeError) {
    let x = self[0].shape
    try require(x.rank >= 2, "x is \(x), but must have a batch and a channel axis")
    for (index, name) in vectors where has(index) {
      try requireEqual(self[index].shape, [x[1]], name, "the channels of x \(x)")
    }
  }
}

extension BatchNormalization {
  /// All axes but that of the channels.
  static func reducedAxes(rank: Int) -> [Int] { (0..<rank).filter { $0 != 1 } }
}

extension Tensor {
  /// A vector [C] in a shape that broadcasts against `x` [B, C, ...].
  func perChannel(of x: Tensor) -> Tensor { x.rank > 2 ? unsqueezed(Array(1..<x.rank - 1)) : self }

  /// The mean and the biased variance of every channel of self [B, C, ...]: two vectors [C].
  func channelStatistics() -> (mean: Tensor, variance: Tensor) {
    let axes = BatchNormalization.reducedAxes(rank: rank)
    let mean = mean(axes)
    let centred = self - mean.perChannel(of: self)
    return (mean, (centred * centred).mean(axes))
  }

  /// (self − mean) / √(variance + ε) · scale + bias, every channel with its own.
  func normalised(scale: Tensor, bias: Tensor, mean: Tensor, variance: Tensor, epsilon: Float) -> Tensor {
    let deviation = (variance + epsilon).squareRoot()
    let unit = (self - mean.perChannel(of: self)) / deviation.perChannel(of: self)
    return unit * scale.perChannel(of: self) + bias.perChannel(of: self)
  }
}
