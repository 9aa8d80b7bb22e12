import Graphs
import Operators
import Tensors

extension GraphBuilder {
  /// A tensor drawn from `distribution`, as graph. Every parameter has a seed of its own.
  public func drawn(_ distribution: Distribution, _ sizes: [Int], seed: Float) -> Tensor {
    switch distribution {
    case .constant(let value): constant(value).expanded(shape: constant(sizes))
    case .normal(let deviation): randomNormal(sizes, mean: 0, deviation: deviation, seed: seed)
    case .uniform(let bound): randomUniform(sizes, low: -bound, high: bound, seed: seed)
    }
  }
}

extension CLIPConfiguration {
  /// The seed of the parameter at `index`: a whole number below 2²⁴, so that ONNX's float attribute holds it exactly.
  public static func seed(_ seed: Int, parameter index: Int) -> Float {
    var bits = UInt64(bitPattern: Int64(seed)) &* 0x9E37_79B9_7F4A_7C15 &+ UInt64(index) &* 0xD1B5_4A32_D192_ED03
    bits = (bits ^ (bits >> 31)) &* 0x94D0_49BB_1331_11EB
    return Float(bits >> 40)
  }

  /// A source of fresh parameters: the same numbers for the same seed on every machine.
  public func fresh(seed: Int) -> Parameters.Source {
    var index = 0
    return { name, sizes in
      if CLIPConfiguration.isCounter(name) { return NDArray(Int64(0)) }
      defer { index += 1 }
      return draw(distribution(of: name, sizes), sizes, seed: CLIPConfiguration.seed(seed, parameter: index))
    }
  }
}

/// Draws numbers with the kernel that a file's `initialization` graph is run with.
private func draw(_ distribution: Distribution, _ sizes: [Int], seed: Float) -> NDArray? {
  guard let array = try? NDArray(zeros: .float32, sizes) else { return nil }
  let op: any Operator
  switch distribution {
  case .constant(let value):
    return NDArray([Float](repeating: value, count: array.count), sizes)
  case .normal(let deviation): op = RandomNormal(sizes: sizes, mean: 0, deviation: deviation, seed: seed)
  case .uniform(let bound): op = RandomUniform(sizes: sizes, low: -bound, high: bound, seed: seed)
  }
  let site = CallSite(inputs: [], outputs: [CallSite.Slot(scalar: .float32, sizes: sizes)], threads: 1)
  guard let kernel = try? op.bind(site) else { return nil }
  var target: UnsafeMutableRawPointer? = array.address
  kernel.run(Buffers(table: &target, inputCount: 0, scratch: nil))
  return array
}
