import Graphs
import Tensors

/// The sum of one or more operands, with broadcasting.
public struct Sum: Macro {
  public init() {}

  public static let onnx = [ONNXForm<Self>("Sum", since: 6, inputs: .variadic(from: 1))]

  public func definition(_ inputs: [Tensor?]) -> [Tensor]? { Sum.of(inputs).map { [$0] } }

  /// nil without operands.
  static func of(_ inputs: [Tensor?]) -> Tensor? {
    let operands = inputs.compactMap { $0 }
    guard let first = operands.first else { return nil }
    return operands.count == 1 ? first.identity() : operands.dropFirst().reduce(first, +)
  }
}

/// The mean of one or more operands, with broadcasting.
public struct Mean: Macro {
  public init() {}

  public static let onnx = [ONNXForm<Self>("Mean", since: 6, inputs: .variadic(from: 1))]

  public func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    Sum.of(inputs).map { [inputs.count == 1 ? $0 : $0 / Float(inputs.count)] }
  }
}

/// Whether x is infinite: positively, negatively, or either.
public struct IsInf: Macro {
  public var detectsNegative = true
  public var detectsPositive = true

  public init() {}
  public init(detectsNegative: Bool, detectsPositive: Bool) {
    (self.detectsNegative, self.detectsPositive) = (detectsNegative, detectsPositive)
  }

  public static let onnx = [
    ONNXForm<Self>(
      "IsInf", since: 10, inputs: 1,
      ["detect_negative": .bool(\.detectsNegative), "detect_positive": .bool(\.detectsPositive)])
  ]

  public func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    guard let x = inputs.first, let x else { return nil }
    switch (detectsNegative, detectsPositive) {
    case (true, true): return [x.abs().equal(to: x.scalar(.infinity))]
    case (false, true): return [x.equal(to: x.scalar(.infinity))]
    case (true, false): return [x.equal(to: x.scalar(-.infinity))]
    case (false, false): return [x.less(than: x.scalar(-.infinity))]
    }
  }
}
