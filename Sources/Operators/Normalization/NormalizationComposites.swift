import Graphs
import Tensors

/// Normalises every channel of every element of the batch (Ulyanov, Vedaldi and Lempitsky 2016).
///
/// Inputs: x [B, C, …], scale [C], bias [C].
public struct InstanceNormalization: Macro {
  public var epsilon: Float = 1e-5

  public init() {}
  public init(epsilon: Float) { self.epsilon = epsilon }

  public static let onnx = [
    ONNXForm<Self>("InstanceNormalization", since: 6, inputs: 3, ["epsilon": .float(\.epsilon)])
  ]

  public func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    guard inputs.count == 3, let x = inputs[0], let scale = inputs[1], let bias = inputs[2] else { return nil }
    guard x.rank >= 3 else { return nil }
    let unit = x.standardised(Array(2..<x.rank), epsilon: epsilon)
    return [unit * scale.perChannel(of: x) + bias.perChannel(of: x)]
  }
}

/// Normalises groups of channels of every element of the batch (Wu and He 2018).
///
/// Inputs: x [B, C, …], scale and bias, one number a channel, or (before opset 21) a group.
public struct GroupNormalization: Macro {
  public var groups = 1
  public var epsilon: Float = 1e-5

  public init() {}
  public init(groups: Int, epsilon: Float) { (self.groups, self.epsilon) = (groups, epsilon) }

  public static let onnx = [
    ONNXForm<Self>(
      "GroupNormalization", since: 21, inputs: 3,
      ["num_groups": .int(\.groups), "epsilon": .float(\.epsilon), "stash_type": .fixed(.int(1))]),
    ONNXForm<Self>(
      "GroupNormalization", since: 18, inputs: 3, ["num_groups": .int(\.groups), "epsilon": .float(\.epsilon)]),
  ]

  public func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    guard inputs.count == 3, let x = inputs[0], let scale = inputs[1], let bias = inputs[2] else { return nil }
    let builder = x.builder
    guard x.rank >= 2, let channels = x.shape[1].constant, groups > 0, channels % groups == 0 else {
      builder.record(.shape, at: builder.path, "the channels of \(x.shape) do not divide into \(groups) groups")
      return nil
    }
    let grouped = x.reshaped(shape: builder.constant([0, groups, -1]))
    let unit = grouped.standardised([2], epsilon: epsilon)
    func perChannel(_ vector: Tensor) -> Tensor {
      guard vector.shape == [Dimension(groups)], groups != channels else { return vector.perChannel(of: x) }
      return vector.unsqueezed([1]).tiled([1, channels / groups]).reshaped(shape: builder.constant([channels]))
        .perChannel(of: x)
    }
    return [unit.reshaped(like: x) * perChannel(scale) + perChannel(bias)]
  }
}

/// Divides by the L1 or L2 norm along an axis; zeros stay zeros.
public struct LpNormalization: Macro {
  public var axis = -1
  public var order = 2

  public init() {}
  public init(axis: Int, order: Int) { (self.axis, self.order) = (axis, order) }

  public static let onnx = [
    ONNXForm<Self>("LpNormalization", since: 1, inputs: 1, ["axis": .int(\.axis), "p": .int(\.order)])
  ]

  public func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    guard let x = inputs.first, let x, order == 1 || order == 2 else { return nil }
    let norm =
      order == 1
      ? x.abs().sum([axis], keepDimensions: true) : x.apply(ReduceL2(axes: [axis], keepDimensions: true))
    return [x / norm.equal(to: x.scalar(0)).select(x.scalar(1), norm)]
  }
}

/// x with mean 0 and variance 1 over axes: (x − mean) / (√var + 10⁻⁹).
public struct MeanVarianceNormalization: Macro {
  public var axes = [0, 2, 3]

  public init() {}
  public init(axes: [Int]) { self.axes = axes }

  public static let onnx = [
    ONNXForm<Self>("MeanVarianceNormalization", since: 9, inputs: 1, ["axes": .ints(\.axes)])
  ]

  public func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    guard let x = inputs.first, let x else { return nil }
    let centred = x - x.mean(axes, keepDimensions: true)
    return [centred / ((centred * centred).mean(axes, keepDimensions: true).squareRoot() + 1e-9)]
  }
}

extension Tensor {
  /// (x − mean) / √(var + ε) over axes.
  fileprivate func standardised(_ axes: [Int], epsilon: Float) -> Tensor {
    let centred = self - mean(axes, keepDimensions: true)
    return centred / ((centred * centred).mean(axes, keepDimensions: true) + epsilon).squareRoot()
  }
}
