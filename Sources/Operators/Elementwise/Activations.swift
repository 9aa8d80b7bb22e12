import Graphs
import Tensors

/// x where it is not negative, alpha · x elsewhere.
public struct LeakyRelu: Macro {
  public var alpha: Float = 0.01

  public init() {}
  public init(alpha: Float) { self.alpha = alpha }

  public static let onnx = [ONNXForm<Self>("LeakyRelu", since: 6, inputs: 1, ["alpha": .float(\.alpha)])]

  public func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    guard let x = inputs.first, let x else { return nil }
    return [x.less(than: x.scalar(0)).select(x * alpha, x)]
  }
}

/// x where it is not negative, slope · x elsewhere; the slope is the second input and broadcasts to x.
public struct PRelu: Macro {
  public init() {}

  public static let onnx = [ONNXForm<Self>("PRelu", since: 7, inputs: 2)]

  public func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    guard inputs.count == 2, let x = inputs[0], let slope = inputs[1] else { return nil }
    return [x.less(than: x.scalar(0)).select(x * slope, x)]
  }
}

/// x where it is not negative, alpha · (eˣ − 1) elsewhere (Clevert, Unterthiner and Hochreiter 2016).
public struct Elu: Macro {
  public var alpha: Float = 1

  public init() {}
  public init(alpha: Float) { self.alpha = alpha }

  public static let onnx = [ONNXForm<Self>("Elu", since: 6, inputs: 1, ["alpha": .float(\.alpha)])]

  public func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    guard let x = inputs.first, let x else { return nil }
    return [x.less(than: x.scalar(0)).select((x.minimum(x.scalar(0)).exp() - 1) * alpha, x)]
  }
}

/// gamma · x where x is positive, gamma · alpha · (eˣ − 1) elsewhere (Klambauer and others 2017).
public struct Selu: Macro {
  public var alpha: Float = 1.673_263_2
  public var gamma: Float = 1.050_701

  public init() {}

  public static let onnx = [
    ONNXForm<Self>("Selu", since: 6, inputs: 1, ["alpha": .float(\.alpha), "gamma": .float(\.gamma)])
  ]

  public func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    guard let x = inputs.first, let x else { return nil }
    let below = (x.minimum(x.scalar(0)).exp() - 1) * alpha
    return [x.greater(than: x.scalar(0)).select(x, below) * gamma]
  }
}

/// max(0, x) + min(0, alpha · (e^(x / alpha) − 1)) (Barron 2017).
public struct Celu: Macro {
  public var alpha: Float = 1

  public init() {}
  public init(alpha: Float) { self.alpha = alpha }

  public static let onnx = [ONNXForm<Self>("Celu", since: 12, inputs: 1, ["alpha": .float(\.alpha)])]

  public func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    guard let x = inputs.first, let x else { return nil }
    let below = ((x.minimum(x.scalar(0)) / alpha).exp() - 1) * alpha
    return [x.maximum(x.scalar(0)) + below.minimum(x.scalar(0))]
  }
}

/// x where it is above alpha, 0 elsewhere.
public struct ThresholdedRelu: Macro {
  public var alpha: Float = 1

  public init() {}
  public init(alpha: Float) { self.alpha = alpha }

  public static let onnx = [ONNXForm<Self>("ThresholdedRelu", since: 10, inputs: 1, ["alpha": .float(\.alpha)])]

  public func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    guard let x = inputs.first, let x else { return nil }
    return [x.greater(than: x.scalar(alpha)).select(x, x.scalar(0))]
  }
}

/// alpha · x + beta, moved into [0, 1].
public struct HardSigmoid: Macro {
  public var alpha: Float = 0.2
  public var beta: Float = 0.5

  public init() {}
  public init(alpha: Float, beta: Float) { (self.alpha, self.beta) = (alpha, beta) }

  public static let onnx = [
    ONNXForm<Self>("HardSigmoid", since: 6, inputs: 1, ["alpha": .float(\.alpha), "beta": .float(\.beta)])
  ]

  public func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    guard let x = inputs.first, let x else { return nil }
    return [x.hardSigmoid(alpha: alpha, beta: beta)]
  }
}

/// x · min(max(x / 6 + 1/2, 0), 1) (Howard and others 2019).
public struct HardSwish: Macro {
  public init() {}

  public static let onnx = [ONNXForm<Self>("HardSwish", since: 14, inputs: 1)]

  public func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    guard let x = inputs.first, let x else { return nil }
    return [x * x.hardSigmoid(alpha: 1 / 6, beta: 0.5)]
  }
}

/// log(1 + eˣ).
public struct Softplus: Macro {
  public init() {}

  public static let onnx = [ONNXForm<Self>("Softplus", since: 1, inputs: 1)]

  public func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    guard let x = inputs.first, let x else { return nil }
    return [x.softplus()]
  }
}

/// x / (1 + |x|).
public struct Softsign: Macro {
  public init() {}

  public static let onnx = [ONNXForm<Self>("Softsign", since: 1, inputs: 1)]

  public func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    guard let x = inputs.first, let x else { return nil }
    return [x / (x.abs() + 1)]
  }
}

/// x · tanh(log(1 + eˣ)) (Misra 2019).
public struct Mish: Macro {
  public init() {}

  public static let onnx = [ONNXForm<Self>("Mish", since: 18, inputs: 1)]

  public func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    guard let x = inputs.first, let x else { return nil }
    return [x * x.softplus().tanh()]
  }
}

/// x · σ(alpha · x), with σ the logistic function (Ramachandran, Zoph and Le 2017).
public struct Swish: Macro {
  public var alpha: Float = 1

  public init() {}
  public init(alpha: Float) { self.alpha = alpha }

  public static let onnx = [ONNXForm<Self>("Swish", since: 24, inputs: 1, ["alpha": .float(\.alpha)])]

  public func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    guard let x = inputs.first, let x else { return nil }
    return [x * (alpha == 1 ? x : x * alpha).sigmoid()]
  }
}

/// x nearer to 0 by `bias` where |x| is above `lambda`, 0 elsewhere.
public struct Shrink: Macro {
  public var bias: Float = 0
  public var lambda: Float = 0.5

  public init() {}
  public init(bias: Float, lambda: Float) { (self.bias, self.lambda) = (bias, lambda) }

  public static let onnx = [
    ONNXForm<Self>("Shrink", since: 9, inputs: 1, ["bias": .float(\.bias), "lambd": .float(\.lambda)])
  ]

  public func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    guard let x = inputs.first, let x else { return nil }
    let above = x.greater(than: x.scalar(lambda)).select(x - bias, x.scalar(0))
    return [x.less(than: x.scalar(-lambda)).select(x + bias, above)]
  }
}

extension Tensor {
  fileprivate func hardSigmoid(alpha: Float, beta: Float) -> Tensor {
    (self * alpha + beta).maximum(scalar(0)).minimum(scalar(1))
  }

  /// log(1 + eˣ) = max(x, 0) + log(1 + e^−|x|), which does not overflow.
  fileprivate func softplus() -> Tensor { maximum(scalar(0)) + ((-abs()).exp() + 1).log() }
}
