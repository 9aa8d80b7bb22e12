import Foundation
import Tensors

/// Pseudo-random numbers, the same on every run.
struct NumberSource {
  private var state: UInt64
  init(_ seed: UInt64) { state = seed &* 2 &+ 1 }

  /// Uniform in [0, 1).
  mutating func next() -> Float {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Float(state >> 40) / Float(1 << 24)
  }
}

func floats(_ sizes: [Int], seed: UInt64, in range: ClosedRange<Float> = -1...1) -> NDArray {
  var source = NumberSource(seed)
  return NDArray(
    (0..<sizes.reduce(1, *)).map { _ in range.lowerBound + (range.upperBound - range.lowerBound) * source.next() },
    sizes)
}

/// Numbers on a grid of quarters, moved by `offset`: two such arrays of different offsets are never close.
func grid(_ sizes: [Int], seed: UInt64, offset: Float) -> NDArray {
  let numbers = floats(sizes, seed: seed).values(as: Float.self)
  return NDArray(numbers.map { ($0 * 4).rounded() / 4 + offset }, sizes)
}

/// The numbers 0.5, 0.6, … in a mixed order; the count must not be a multiple of 7.
func distinct(_ sizes: [Int]) -> NDArray {
  let count = sizes.reduce(1, *)
  return NDArray((0..<count).map { 0.5 + 0.1 * Float($0 * 7 % count) }, sizes)
}

func integers(_ values: [Int], _ sizes: [Int]? = nil) -> NDArray {
  NDArray(values.map { Int64($0) }, sizes ?? [values.count])
}

func booleans(_ values: [Bool], _ sizes: [Int]? = nil) -> NDArray { NDArray(values, sizes ?? [values.count]) }

extension NDArray {
  /// The elements as doubles, whatever their type.
  var numbers: [Double] {
    switch scalar {
    case .float32: values(as: Float.self).map(Double.init)
    case .float64: values(as: Double.self)
    default: integers?.map(Double.init) ?? []
    }
  }

  func mapped(_ f: (Double) -> Double) -> NDArray { NDArray(numbers.map { Float(f($0)) }, sizes) }
}

/// The largest difference, relative to the largest expected magnitude; infinite where types or NaNs differ.
func difference(_ actual: NDArray, _ expected: NDArray) -> Float {
  let (x, y) = (actual.numbers, expected.numbers)
  guard actual.type == expected.type, x.count == y.count else { return .infinity }
  let peak = max(y.filter(\.isFinite).map(abs).max() ?? 0, 1e-6)
  return zip(x, y).reduce(0) { worst, pair in
    if pair.0 == pair.1 || (pair.0.isNaN && pair.1.isNaN) { return worst }
    let error = Float(abs(pair.0 - pair.1) / peak)
    return error.isNaN ? .infinity : max(worst, error)
  }
}

/// Multi-indices of all elements, row-major.
func positions(_ sizes: [Int]) -> [[Int]] {
  sizes.reduce([[]]) { prefixes, size in prefixes.flatMap { prefix in (0..<size).map { prefix + [$0] } } }
}

extension NDArray {
  /// The element at a multi-index; indices are aligned at the last axis, and extents of 1 repeat.
  func at(_ position: [Int]) -> Double {
    var offset = 0
    for (size, index) in zip(sizes, position.suffix(sizes.count)) { offset = offset * size + (size == 1 ? 0 : index) }
    return element(offset)
  }

  private func element(_ index: Int) -> Double {
    switch scalar {
    case .float32: Double(address.loadUnaligned(fromByteOffset: 4 * index, as: Float.self))
    case .int64: Double(address.loadUnaligned(fromByteOffset: 8 * index, as: Int64.self))
    case .bool: address.load(fromByteOffset: index, as: UInt8.self) == 0 ? 0 : 1
    default: numbers[index]
    }
  }

  /// An array of the same element type with numbers made from multi-indices.
  static func make(_ scalar: ScalarType, _ sizes: [Int], _ f: ([Int]) -> Double) -> NDArray {
    let numbers = positions(sizes).map(f)
    switch scalar {
    case .int64: return NDArray(numbers.map { Int64($0) }, sizes)
    case .int32: return NDArray(numbers.map { Int32($0) }, sizes)
    case .uint8: return NDArray(numbers.map { UInt8($0) }, sizes)
    case .float64: return NDArray(numbers, sizes)
    case .bool: return NDArray(numbers.map { $0 != 0 }, sizes)
    default: return NDArray(numbers.map { Float($0) }, sizes)
    }
  }
}
