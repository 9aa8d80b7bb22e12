import CKernels
import Graphs
import Tensors

/// Numbers from the normal distribution. Element i depends on the seed and i alone; without a seed, the seed is 0.
public struct RandomNormal: Operator {
  public var sizes: [Int] = []
  public var mean: Float = 0
  public var deviation: Float = 1
  public var seed: Float?
  public var scalar = ScalarType.float32

  public init() {}
  public init(sizes: [Int], mean: Float, deviation: Float, seed: Float?) {
    (self.sizes, self.mean, self.deviation, self.seed) = (sizes, mean, deviation, seed)
  }

  public static let onnx = [
    ONNXForm<Self>(
      "RandomNormal", since: 1, inputs: 0,
      [
        "dtype": .scalarType(\.scalar), "mean": .float(\.mean), "scale": .float(\.deviation),
        "seed": .optionalFloat(\.seed), "shape": .ints(\.sizes),
      ])
  ]

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] { try RandomNumbers.infer(scalar, sizes) }

  public func gradient(_ p: Pullback) -> [Tensor?] { [] }

  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel {
    let (count, seed) = (Int64(site.output().count), ck_seed_f32(seed ?? 0))
    return Kernel("ck_random_normal_f32", bytes: site.traffic) { [mean, deviation] b in
      ck_random_normal_f32(b.output(), count, seed, 0, mean, deviation)
    }
  }
}

/// Numbers from the uniform distribution on [low, high). Element i depends on the seed and i alone; without a seed, the
/// seed is 0.
public struct RandomUniform: Operator {
  public var sizes: [Int] = []
  public var low: Float = 0
  public var high: Float = 1
  public var seed: Float?
  public var scalar = ScalarType.float32

  public init() {}
  public init(sizes: [Int], low: Float, high: Float, seed: Float?) {
    (self.sizes, self.low, self.high, self.seed) = (sizes, low, high, seed)
  }

  public static let onnx = [
    ONNXForm<Self>(
      "RandomUniform", since: 1, inputs: 0,
      [
        "dtype": .scalarType(\.scalar), "low": .float(\.low), "high": .float(\.high), "seed": .optionalFloat(\.seed),
        "shape": .ints(\.sizes),
      ])
  ]

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] { try RandomNumbers.infer(scalar, sizes) }

  public func gradient(_ p: Pullback) -> [Tensor?] { [] }

  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel {
    let (count, seed) = (Int64(site.output().count), ck_seed_f32(seed ?? 0))
    return Kernel("ck_random_uniform_f32", bytes: site.traffic) { [low, high] b in
      ck_random_uniform_f32(b.output(), count, seed, 0, low, high)
    }
  }
}

private enum RandomNumbers {
  static func infer(_ scalar: ScalarType, _ sizes: [Int]) throws(ShapeError) -> [TensorType] {
    try require(scalar == .float32, "random numbers are f32, not \(scalar)")
    try require(sizes.allSatisfy { $0 >= 0 }, "\(sizes) has a negative extent")
    return [TensorType(scalar, Shape(sizes))]
  }
}

extension GraphBuilder {
  /// Normally distributed numbers, the same for the same seed.
  public func randomNormal(_ sizes: [Int], mean: Float, deviation: Float, seed: Float) -> Tensor {
    apply(RandomNormal(sizes: sizes, mean: mean, deviation: deviation, seed: seed), [])
  }

  /// Uniformly distributed numbers in [low, high), the same for the same seed.
  public func randomUniform(_ sizes: [Int], low: Float, high: Float, seed: Float) -> Tensor {
    apply(RandomUniform(sizes: sizes, low: low, high: high, seed: seed), [])
  }
}
