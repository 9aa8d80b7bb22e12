import Tensors

/// A tensor as a file holds it: elements of a storage that lie as far apart as its strides say. Nothing is copied.
public struct WeightTensor: Sendable {
  public let scalar: ScalarType
  public let sizes: [Int]
  /// In elements.
  public let strides: [Int]
  let storage: Storage
  /// Where the first element lies in `storage`, in bytes.
  let offset: Int

  public init(_ array: NDArray) {
    (scalar, sizes, storage, offset) = (array.scalar, array.sizes, array.storage, array.offset)
    strides = WeightTensor.rowMajor(array.sizes)
  }

  /// - Parameters:
  ///   - region: the bytes of `storage` that belong to the tensor's file entry.
  ///   - start: the element of the region that comes first.
  /// - Throws: `ShapeError` for sizes and strides that lead out of the region.
  init(
    _ scalar: ScalarType, sizes: [Int], strides: [Int], storage: Storage, region: Range<Int>, start: Int
  ) throws(ShapeError) {
    try require(sizes.count == strides.count, "has \(sizes.count) sizes, but \(strides.count) strides")
    try require(sizes.allSatisfy { $0 >= 0 }, "has the sizes \(sizes); a size is not negative")
    try require(strides.allSatisfy { $0 >= 0 } && start >= 0, "has a negative stride or offset")
    _ = try NDArray.byteCount(scalar, sizes)
    let room = region.count / scalar.size
    if !sizes.contains(0) {
      var last = start
      for (size, stride) in zip(sizes, strides) {
        let (reach, overflow) = (size - 1).multipliedReportingOverflow(by: stride)
        let (sum, overflows) = last.addingReportingOverflow(reach)
        try require(!overflow && !overflows, "has strides that lead out of any memory")
        last = sum
      }
      try require(last < room, "reaches element \(last) of a storage that has only \(room)")
    }
    (self.scalar, self.sizes, self.strides, self.storage) = (scalar, sizes, strides, storage)
    offset = region.lowerBound + min(start, room) * scalar.size
  }

  private init(_ other: WeightTensor, sizes: [Int], strides: [Int]) {
    (scalar, storage, offset) = (other.scalar, other.storage, other.offset)
    (self.sizes, self.strides) = (sizes, strides)
  }

  /// The last two axes changed places; nil for what has fewer.
  func transposed() -> WeightTensor? {
    guard sizes.count >= 2 else { return nil }
    var (sizes, strides) = (sizes, strides)
    sizes.swapAt(sizes.count - 1, sizes.count - 2)
    strides.swapAt(strides.count - 1, strides.count - 2)
    return WeightTensor(self, sizes: sizes, strides: strides)
  }

  private static func rowMajor(_ sizes: [Int]) -> [Int] {
    var stride = 1
    return sizes.reversed().map { size in
      defer { stride &*= max(size, 1) }
      return stride
    }.reversed()
  }

  public var type: TensorType { TensorType(scalar, Shape(sizes)) }
  public var count: Int { sizes.reduce(1, *) }
  public var byteCount: Int { count * scalar.size }

  /// Whether the elements follow each other.
  var isContiguous: Bool {
    count <= 1 || zip(zip(strides, WeightTensor.rowMajor(sizes)), sizes).allSatisfy { $0.0 == $0.1 || $1 == 1 }
  }

  /// The same memory as an array; nil where the elements do not follow each other, aligned.
  var array: NDArray? {
    guard isContiguous, offset % scalar.size == 0 else { return nil }
    return try? NDArray(scalar, sizes, storage: storage, offset: offset)
  }

  /// The only element, where it is a whole number.
  var integer: Int? {
    guard count == 1, let one = try? NDArray(scalar, [], storage: storage, offset: offset) else { return nil }
    return one.integers?.first
  }

  /// Lets the pages of a mapped file go.
  func releasePages() {
    guard count > 0 else { return }
    let reach = zip(sizes, strides).reduce(1) { $0 + ($1.0 - 1) * $1.1 }
    storage.releasePages(offset..<offset + reach * scalar.size)
  }
}

// MARK: - Streaming

extension WeightTensor {
  private static let pieceBytes = 1 << 20

  /// The elements in row-major order, a megabyte or less at a time; `body` gets whole elements and may keep none of them.
  func forEachPiece<E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> Void) throws(E) {
    let base = UnsafeRawPointer(storage.base + offset)
    if isContiguous {
      for start in stride(from: 0, to: byteCount, by: WeightTensor.pieceBytes) {
        try body(
          UnsafeRawBufferPointer(start: base + start, count: min(byteCount - start, WeightTensor.pieceBytes)))
      }
      return
    }
    let (size, row, step) = (scalar.size, sizes[sizes.count - 1], strides[strides.count - 1])
    let capacity = min(count, WeightTensor.pieceBytes / size)
    let buffer = Storage(byteCount: capacity * size)
    var filled = 0
    for start in RowStarts(sizes.dropLast(), strides.dropLast()) {
      var done = 0
      while done < row {
        let some = min(row - done, capacity - filled)
        gather(base + (start + done * step) * size, step, some, into: buffer.base + filled * size)
        (done, filled) = (done + some, filled + some)
        if filled == capacity {
          try body(UnsafeRawBufferPointer(start: buffer.base, count: filled * size))
          filled = 0
        }
      }
    }
    if filled > 0 { try body(UnsafeRawBufferPointer(start: buffer.base, count: filled * size)) }
  }

  private func gather(
    _ source: UnsafeRawPointer, _ step: Int, _ count: Int, into target: UnsafeMutableRawPointer
  ) {
    func copy<Bits: BitwiseCopyable>(_: Bits.Type) {
      let size = MemoryLayout<Bits>.size
      for index in 0..<count {
        let element = source.loadUnaligned(fromByteOffset: index * step * size, as: Bits.self)
        target.storeBytes(of: element, toByteOffset: index * size, as: Bits.self)
      }
    }
    if step == 1 { return target.copyMemory(from: source, byteCount: count * scalar.size) }
    switch scalar.size {
    case 1: copy(UInt8.self)
    case 2: copy(UInt16.self)
    case 4: copy(UInt32.self)
    default: copy(UInt64.self)
    }
  }

  /// Offsets of the first elements of all rows, in order.
  private struct RowStarts: Sequence, IteratorProtocol {
    private let axes: [(size: Int, stride: Int)]
    private var index: [Int]
    private var offset: Int? = 0

    init(_ sizes: ArraySlice<Int>, _ strides: ArraySlice<Int>) {
      axes = zip(sizes, strides).map { (size: $0, stride: $1) }
      index = [Int](repeating: 0, count: axes.count)
      if sizes.contains(0) { offset = nil }
    }

    mutating func next() -> Int? {
      guard let result = offset else { return nil }
      var following = result
      for axis in axes.indices.reversed() {
        index[axis] += 1
        following += axes[axis].stride
        if index[axis] < axes[axis].size {
          offset = following
          return result
        }
        following -= axes[axis].size * axes[axis].stride
        index[axis] = 0
      }
      offset = nil
      return result
    }
  }
}
