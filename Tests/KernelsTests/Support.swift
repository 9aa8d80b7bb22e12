import CKernels
import Testing

/// All kernel tests. One at a time, because threads and instruction set are chosen for the whole process.
@Suite(.serialized) enum KernelsTests {}

/// Reproducible test numbers.
struct Numbers {
  private var state: UInt64

  init(_ seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1 }

  mutating func word() -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return state >> 33
  }

  /// `count` floats in [−scale, scale).
  mutating func floats(_ count: Int, scale: Float = 1) -> [Float] {
    (0..<count).map { _ in (Float(word()) / Float(1 << 30) - 1) * scale }
  }

  /// `count` integers in [low, high].
  mutating func integers(_ count: Int, _ low: Int, _ high: Int) -> [Int] {
    (0..<count).map { _ in low + Int(word() % UInt64(high - low + 1)) }
  }
}

/// Bits that agree for all NaNs.
private func bits(_ values: [Float]) -> [UInt32] { values.map { $0.isNaN ? 0x7FC0_0000 : $0.bitPattern } }

/// The results of `compute` with every instruction set that the CPU has and with 1 and 2 threads, which must agree bit for bit.
func everyWay(sourceLocation: SourceLocation = #_sourceLocation, _ compute: () -> [Float]) -> [Float] {
  let results = ways(compute)
  for other in results.dropFirst() {
    let same = bits(other) == bits(results[0])
    #expect(same, "threads or instruction set change results", sourceLocation: sourceLocation)
  }
  return results[0]
}

func everyWay<T: BinaryInteger>(sourceLocation: SourceLocation = #_sourceLocation, _ compute: () -> [T]) -> [T] {
  let results = ways(compute)
  for other in results.dropFirst() {
    let same = other == results[0]
    #expect(same, "threads or instruction set change results", sourceLocation: sourceLocation)
  }
  return results[0]
}

private func ways<T>(_ compute: () -> [T]) -> [[T]] {
  let settings: [(ck_isa, Int32)] = [
    (CK_ISA_PLAIN, 1), (CK_ISA_PLAIN, 2), (CK_ISA_AVX2, 1), (CK_ISA_AVX2, 2), (CK_ISA_AVX512, 1), (CK_ISA_AVX512, 2),
  ]
  defer {
    _ = ck_force_isa(CK_ISA_AVX512)
    ck_set_threads(0)
  }
  return settings.map { isa, threads in
    _ = ck_force_isa(isa)
    ck_set_threads(threads)
    return compute()
  }
}

/// `count` elements that `write` fills; what lies before and behind them must stay as it was.
func output<T: Numeric>(
  _ count: Int, as type: T.Type, sourceLocation: SourceLocation = #_sourceLocation,
  _ write: (UnsafeMutablePointer<T>) -> Void
) -> [T] {
  let margin = 16
  let canary: T = 77
  var storage = [T](repeating: canary, count: count + 2 * margin)
  storage.withUnsafeMutableBufferPointer { buffer in
    if let base = buffer.baseAddress { write(base + margin) }
  }
  let around = storage[..<margin] + storage[(margin + count)...]
  #expect(around.allSatisfy { $0 == canary }, "written outside the output", sourceLocation: sourceLocation)
  return Array(storage[margin..<(margin + count)])
}

func output(
  _ count: Int, sourceLocation: SourceLocation = #_sourceLocation, _ write: (UnsafeMutablePointer<Float>) -> Void
) -> [Float] {
  output(count, as: Float.self, sourceLocation: sourceLocation, write)
}

/// Scratch of so many bytes, aligned to 16.
func withScratch(_ bytes: Int64, _ body: (UnsafeMutableRawPointer) -> Void) {
  withUnsafeTemporaryAllocation(byteCount: max(1, Int(bytes)), alignment: 16) { buffer in
    if let base = buffer.baseAddress { body(base) }
  }
}

/// Agreement within `tolerance` of the largest expected magnitude; NaN and infinities must be the same.
func expectClose(
  _ actual: [Float], _ expected: [Double], within tolerance: Double = 1e-6,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(actual.count == expected.count, sourceLocation: sourceLocation)
  let scale = max(1e-30, expected.filter(\.isFinite).map(abs).max() ?? 1)
  for (index, pair) in zip(actual, expected).enumerated() {
    let (a, e) = (Double(pair.0), pair.1)
    let agrees = e.isNaN ? a.isNaN : e.isFinite ? abs(a - e) <= tolerance * scale : a == e
    if !agrees {
      #expect(agrees, "at \(index): \(a), expected \(e)", sourceLocation: sourceLocation)
      return
    }
  }
}

/// Equality that does not print whole arrays.
func expectEqual<T: Equatable>(_ actual: [T], _ expected: [T], sourceLocation: SourceLocation = #_sourceLocation) {
  let first = zip(actual, expected).enumerated().first { $0.element.0 != $0.element.1 }
  let place = first.map { "at \($0.offset): \($0.element.0), expected \($0.element.1)" } ?? "of another length"
  let same = actual == expected
  #expect(same, "\(place)", sourceLocation: sourceLocation)
}

/// Row-major strides of a shape.
func denseStrides(_ shape: [Int]) -> [Int] {
  var strides = [Int](repeating: 1, count: shape.count)
  for i in shape.indices.dropLast().reversed() { strides[i] = strides[i + 1] * shape[i + 1] }
  return strides
}

/// The positions, under `strides`, of all elements of a shape in row-major order.
func positions(_ shape: [Int], _ strides: [Int]) -> [Int] {
  var result = [0]
  for (size, stride) in zip(shape, strides) {
    var next: [Int] = []
    next.reserveCapacity(result.count * size)
    for base in result {
      for i in 0..<size { next.append(base + i * stride) }
    }
    result = next
  }
  return result
}

extension [Int] {
  var int64: [Int64] { map(Int64.init) }
}

extension [Float] {
  var doubles: [Double] { map(Double.init) }
}
