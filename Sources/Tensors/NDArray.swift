#if canImport(Glibc)
  import Glibc
#endif

/// Concrete numbers: an element type, sizes, and row-major contiguous memory. The only owner of raw memory.
public struct NDArray: Sendable {
  public let scalar: ScalarType
  public let sizes: [Int]
  public let storage: Storage
  /// Where the first element lies in `storage`, in bytes.
  public let offset: Int
  /// Set where a file declares the elements, which are bytes here, as integers of four bits.
  public var fourBit: FourBitInteger?

  /// A view of `storage` from `offset` on.
  ///
  /// - Throws: `ShapeError` when the bytes do not lie inside the storage.
  public init(_ scalar: ScalarType, _ sizes: [Int], storage: Storage, offset: Int) throws(ShapeError) {
    let bytes = try NDArray.byteCount(scalar, sizes)
    try require(
      offset >= 0 && bytes <= storage.count && offset <= storage.count - bytes,
      "\(bytes) bytes at \(offset) do not lie inside \(storage.count) bytes")
    (self.scalar, self.sizes, self.storage, self.offset) = (scalar, sizes, storage, offset)
  }

  /// Zeros.
  public init(zeros scalar: ScalarType, _ sizes: [Int]) throws(ShapeError) {
    let bytes = try NDArray.byteCount(scalar, sizes)
    (self.scalar, self.sizes, storage, offset) = (scalar, sizes, Storage(byteCount: bytes), 0)
  }

  /// The values in row-major order. `values.count` must be the product of `sizes`: anything else is the caller's bug.
  public init<T: Scalar>(_ values: [T], _ sizes: [Int]) {
    precondition(sizes.allSatisfy { $0 >= 0 } && sizes.reduce(1, *) == values.count, "values do not fill the sizes")
    (scalar, self.sizes, offset) = (T.scalarType, sizes, 0)
    storage = Storage(byteCount: values.count * MemoryLayout<T>.stride)
    values.withUnsafeBytes { bytes in
      if let source = bytes.baseAddress { storage.base.copyMemory(from: source, byteCount: bytes.count) }
    }
  }

  /// A scalar (rank 0).
  public init<T: Scalar>(_ value: T) { self.init([value], []) }

  public var count: Int { sizes.reduce(1, *) }
  public var byteCount: Int { count * scalar.size }
  public var type: TensorType { TensorType(scalar, Shape(sizes)) }
  public var address: UnsafeMutableRawPointer { storage.base + offset }

  /// Bytes of a tensor, or an error for negative sizes and for more than any machine holds.
  public static func byteCount(_ scalar: ScalarType, _ sizes: [Int]) throws(ShapeError) -> Int {
    var bytes = scalar.size
    for size in sizes {
      try require(size >= 0, "\(Shape(sizes)) has a negative extent")
      let (product, overflow) = bytes.multipliedReportingOverflow(by: size)
      try require(!overflow && product < Int(1) << 48, "\(scalar)\(Shape(sizes)) is too large for any memory")
      bytes = product
    }
    return bytes
  }

  public func withUnsafeBytes<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
    try body(UnsafeRawBufferPointer(start: address, count: byteCount))
  }

  /// Mutable bytes, for the one who made this array and has not shared it yet.
  public func withUnsafeMutableBytes<R, E: Error>(
    _ body: (UnsafeMutableRawBufferPointer) throws(E) -> R
  ) throws(E) -> R {
    try body(UnsafeMutableRawBufferPointer(start: address, count: byteCount))
  }

  /// The elements, if they are of type `T`; empty otherwise. Alignment does not matter.
  public func values<T: Scalar>(as type: T.Type = T.self) -> [T] {
    guard T.scalarType == scalar else { return [] }
    return [T](unsafeUninitializedCapacity: count) { buffer, filled in
      if let target = buffer.baseAddress {
        UnsafeMutableRawPointer(target).copyMemory(from: address, byteCount: byteCount)
      }
      filled = count
    }
  }

  /// The same memory under other sizes of the same count.
  public func reshaped(_ sizes: [Int]) throws(ShapeError) -> NDArray {
    try require(
      NDArray.byteCount(scalar, sizes) == byteCount, "\(Shape(self.sizes)) cannot be seen as \(Shape(sizes))")
    return try NDArray(scalar, sizes, storage: storage, offset: offset)
  }

  /// Whether the first element is aligned to the element's size.
  public var isAligned: Bool { Int(bitPattern: address) % scalar.size == 0 }

  /// The array itself where it is aligned, a copy otherwise.
  public var aligned: NDArray { isAligned ? self : copied() }

  /// Memory of its own, on the heap.
  public func copied() -> NDArray {
    let storage = (try? Storage.uninitialized(byteCount: byteCount)) ?? Storage(byteCount: byteCount)
    storage.base.copyMemory(from: address, byteCount: byteCount)
    return NDArray(unchecked: scalar, sizes, storage)
  }

  /// Memory of its own, in which pages of zeros take none until they are written. Where most are zeros, pages are small.
  public func copiedWithoutZeros() -> NDArray {
    let page = 4096
    let zeros = [UInt8](repeating: 0, count: page)
    func isZero(_ start: Int) -> Bool { memcmp(address + start, zeros, min(page, byteCount - start)) == 0 }
    let starts = stride(from: 0, to: byteCount, by: page)
    guard byteCount >= 1 << 20, starts.reduce(0, { $0 + (isZero($1) ? 1 : 0) }) > byteCount / page / 2,
      let storage = try? Storage.zeroed(byteCount: byteCount)
    else { return copied() }
    for start in starts where !isZero(start) {
      (storage.base + start).copyMemory(from: address + start, byteCount: min(page, byteCount - start))
    }
    return NDArray(unchecked: scalar, sizes, storage)
  }

  private init(unchecked scalar: ScalarType, _ sizes: [Int], _ storage: Storage) {
    (self.scalar, self.sizes, self.storage, offset) = (scalar, sizes, storage, 0)
  }

  /// The elements of any integer or Boolean array as `Int`; nil for floating point and for values beyond `Int`.
  public var integers: [Int]? {
    switch scalar {
    case .int64: values(as: Int64.self).map(Int.init)
    case .int32: values(as: Int32.self).map(Int.init)
    case .int16: values(as: Int16.self).map(Int.init)
    case .int8: values(as: Int8.self).map(Int.init)
    case .uint8: values(as: UInt8.self).map(Int.init)
    case .uint16: values(as: UInt16.self).map(Int.init)
    case .uint32: values(as: UInt32.self).map(Int.init)
    case .bool: withUnsafeBytes { $0.map { $0 == 0 ? 0 : 1 } }
    default: nil
    }
  }
}

extension NDArray {
  /// The elements of any floating-point array as `Double`; nil for other types.
  public var doubles: [Double]? {
    func bits<Bits: BitwiseCopyable>(_: Bits.Type, _ number: (Bits) -> Double) -> [Double] {
      withUnsafeBytes { bytes in
        (0..<count).map { number(bytes.loadUnaligned(fromByteOffset: $0 * MemoryLayout<Bits>.size, as: Bits.self)) }
      }
    }
    switch scalar {
    case .float64: return values(as: Double.self)
    case .float32: return values(as: Float.self).map(Double.init)
    case .float16: return bits(UInt16.self) { Double(Float16(bitPattern: $0)) }
    case .bfloat16: return bits(UInt16.self) { Double(Float(bitPattern: UInt32($0) << 16)) }
    default: return nil
    }
  }
}

extension NDArray: Hashable {
  /// The same type, sizes and bytes.
  public static func == (a: NDArray, b: NDArray) -> Bool {
    guard a.scalar == b.scalar, a.sizes == b.sizes else { return false }
    return a.address == b.address || memcmp(a.address, b.address, a.byteCount) == 0
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(scalar)
    hasher.combine(sizes)
    withUnsafeBytes { hasher.combine(bytes: UnsafeRawBufferPointer(rebasing: $0.prefix(256))) }
  }
}

extension NDArray: CustomStringConvertible {
  public var description: String { "\(type)" }
}
