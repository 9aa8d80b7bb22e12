import Graphs
import Tensors

/// Moves channels into blocks of pixels: [B, C, H, W] → [B, C / b², H · b, W · b].
public struct DepthToSpace: Macro {
  /// Which of the channel's factors comes first: depth, column, row; or column, row, depth.
  public enum Mode: String, Hashable, Sendable, CaseIterable {
    case depthFirst = "DCR"
    case columnFirst = "CRD"
  }

  public var block = 1
  public var mode = Mode.depthFirst

  public init() {}
  public init(block: Int, mode: Mode = .depthFirst) { (self.block, self.mode) = (block, mode) }

  public static let onnx = [
    ONNXForm<Self>("DepthToSpace", since: 11, inputs: 1, ["blocksize": .int(\.block), "mode": .name(\.mode)]),
    ONNXForm<Self>("DepthToSpace", since: 1, inputs: 1, ["blocksize": .int(\.block)]),
  ]

  public func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    guard let x = inputs.first, let x else { return nil }
    guard x.rank == 4, let channels = x.shape[1].constant, block > 0, block < 1 << 20, channels % (block * block) == 0
    else {
      x.builder.record(
        .shape, at: x.builder.path, "the channels of \(x.shape) do not divide into blocks of \(block) × \(block)")
      return nil
    }
    let depth = Dimension(channels / (block * block))
    let b = Dimension(block)
    let parts = mode == .depthFirst ? [x.shape[0], b, b, depth] : [x.shape[0], depth, b, b]
    let spread = x.reshaped(shape: x.builder.shapeVector(parts + [x.shape[2], x.shape[3]], from: [x]))
    let moved = spread.transposed(mode == .depthFirst ? [0, 3, 4, 1, 5, 2] : [0, 1, 4, 2, 5, 3])
    return [
      moved.reshaped(
        shape: x.builder.shapeVector([x.shape[0], depth, x.shape[2] * b, x.shape[3] * b], from: [x]))
    ]
  }
}

/// Moves blocks of pixels into channels: [B, C, H, W] → [B, C · b², H / b, W / b].
public struct SpaceToDepth: Macro {
  public var block = 1

  public init() {}
  public init(block: Int) { self.block = block }

  public static let onnx = [ONNXForm<Self>("SpaceToDepth", since: 1, inputs: 1, ["blocksize": .int(\.block)])]

  public func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    guard let x = inputs.first, let x else { return nil }
    let b = Dimension(block)
    guard x.rank == 4, block > 0, block < 1 << 20, let height = x.shape[2].dividedExactly(by: b),
      let width = x.shape[3].dividedExactly(by: b)
    else {
      x.builder.record(
        .shape, at: x.builder.path, "the pixels of \(x.shape) do not divide into blocks of \(block) × \(block)")
      return nil
    }
    let vector = { (d: [Dimension]) in x.builder.shapeVector(d, from: [x]) }
    return [
      x.reshaped(shape: vector([x.shape[0], x.shape[1], height, b, width, b])).transposed([0, 3, 5, 1, 2, 4])
        .reshaped(shape: vector([x.shape[0], x.shape[1] * b * b, height, width]))
    ]
  }
}
