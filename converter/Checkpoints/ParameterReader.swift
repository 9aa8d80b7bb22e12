import Foundation
import Graphs
import Operators
import Tensors

/// Gives a checkpoint's parameters one at a time, in the precision that was asked for, and notes what is odd about them.
///
/// What the file holds as it is wanted stays a view of the mapped file. What must be put together, put in order or converted
/// goes through a small buffer into a nameless file, so that no two such tensors fill memory at once.
public final class ParameterReader {
  public let checkpoint: Checkpoint
  private let precision: WeightPrecision?
  private let folder: String
  /// A piece before and after its conversion.
  private var (input, output) = (Storage(byteCount: 0), Storage(byteCount: 0))
  /// Below this many bytes a tensor is made on the heap.
  private static let smallest = 256 << 10

  /// Parameters with infinities or numbers that are none.
  public private(set) var nonFinite: [String] = []
  /// Parameters in double precision, which become single.
  public private(set) var narrowed: [String] = []
  /// What ended the reading; from then on nothing is read.
  public private(set) var failure: FileError?

  /// What there is to be said about the numbers once they have been read.
  public var notes: [String] {
    func note(_ names: [String], _ what: String) -> [String] {
      guard let first = names.first else { return [] }
      let list =
        names.count == 1
        ? first
        : "\(names.count) tensors (\(names.prefix(5).joined(separator: ", "))"
          + (names.count > 5 ? ", …)" : ")")
      return [list + what]
    }
    return note(nonFinite, " held infinities or NaN, which stay")
      + note(narrowed, " held double precision, which became single")
  }

  /// - Parameters:
  ///   - precision: nil keeps the types of the file, except for double precision, which becomes single.
  ///   - folder: a place with room for large tensors.
  public init(
    _ checkpoint: Checkpoint, precision: WeightPrecision? = nil, folder: String = NSTemporaryDirectory()
  ) {
    (self.checkpoint, self.precision, self.folder) = (checkpoint, precision, folder)
  }

  /// The parameter, or nil where the file lacks it or `failure` says why it could not be made.
  public func array(_ parameter: String, _ sizes: [Int]) -> NDArray? {
    guard failure == nil, let stored = checkpoint.stored(parameter) else { return nil }
    do throws(FileError) {
      let array = try array(stored, parameter)
      // open_clip writes logit_scale as [] or [1].
      return array.count == 1 && sizes.isEmpty ? (try? array.reshaped([])) ?? array : array
    } catch {
      failure = error
      return nil
    }
  }

  private func array(_ stored: StoredTensor, _ parameter: String) throws(FileError) -> NDArray {
    let scalar = target(of: parameter, stored.scalar)
    if stored.scalar == .float64 && scalar != .float64 { narrowed.append(parameter) }
    if scalar == stored.scalar, stored.parts.count == 1, let array = stored.parts[0].array {
      var isFinite = true
      stored.forEachPiece { isFinite = $0.isFinite(scalar) && isFinite }
      if !isFinite { nonFinite.append(parameter) }
      return array
    }
    var isFinite = true
    let count = stored.sizes.reduce(1, *)
    let result = try made(scalar, stored.sizes, byteCount: count * scalar.size) { write throws(FileError) in
      try stored.forEachPiece { piece throws(FileError) in
        let wasFinite = piece.isFinite(stored.scalar)
        isFinite = isFinite && wasFinite
        try convert(piece, from: stored.scalar, to: scalar) { converted throws(FileError) in
          guard !wasFinite || converted.isFinite(scalar) else {
            throw checkpoint.error(
              "\(parameter) has values that \(scalar) cannot hold (beyond 65504); convert it without --precision fp16")
          }
          try write(converted)
        }
      }
    }
    if !isFinite { nonFinite.append(parameter) }
    return result
  }

  private func target(of parameter: String, _ scalar: ScalarType) -> ScalarType {
    guard scalar.isFloat else { return scalar }
    if let precision { return precision.scalar(of: parameter, from: scalar) }
    return scalar == .float64 ? .float32 : scalar
  }

  private typealias Write = (UnsafeRawBufferPointer) throws(FileError) -> Void

  /// An array from bytes that `fill` writes in order.
  private func made(
    _ scalar: ScalarType, _ sizes: [Int], byteCount: Int, _ fill: (Write) throws(FileError) -> Void
  ) throws(FileError) -> NDArray {
    let storage: Storage
    if byteCount < ParameterReader.smallest {
      storage = Storage(byteCount: byteCount)
      var end = 0
      try fill { bytes throws(FileError) in
        if let source = bytes.baseAddress { (storage.base + end).copyMemory(from: source, byteCount: bytes.count) }
        end += bytes.count
      }
    } else {
      let file = try TemporaryFile(in: folder)
      try fill { bytes throws(FileError) in try file.append(bytes) }
      storage = try file.mapped()
    }
    do throws(ShapeError) { return try NDArray(scalar, sizes, storage: storage, offset: 0) } catch {
      throw checkpoint.error(error.message)
    }
  }

  /// Rounds to the nearest, ties to even.
  private func convert(
    _ bytes: UnsafeRawBufferPointer, from: ScalarType, to: ScalarType, _ body: Write
  ) throws(FileError) {
    guard from != to, let source = bytes.baseAddress else { return try body(bytes) }
    let count = bytes.count / from.size
    let site = CallSite(
      inputs: [CallSite.Slot(scalar: from, sizes: [count])], outputs: [CallSite.Slot(scalar: to, sizes: [count])],
      threads: 1)
    if input.count < bytes.count { input = Storage(byteCount: bytes.count) }
    if output.count < count * to.size { output = Storage(byteCount: count * to.size) }
    input.base.copyMemory(from: source, byteCount: bytes.count)
    do throws(ShapeError) {
      let kernel = try Cast(to: to).bind(site)
      var table: [UnsafeMutableRawPointer?] = [input.base, output.base]
      table.withUnsafeMutableBufferPointer { pointers in
        guard let base = pointers.baseAddress else { return }
        kernel.run(Buffers(table: base, inputCount: 1, scratch: nil))
      }
    } catch { throw checkpoint.error(error.message) }
    try body(UnsafeRawBufferPointer(start: output.base, count: count * to.size))
  }
}

extension UnsafeRawBufferPointer {
  /// Whether there are neither infinities nor numbers that are none among elements of a floating-point type.
  func isFinite(_ scalar: ScalarType) -> Bool {
    switch scalar {
    case .float32: isFree(of: UInt32(0x7f80_0000))
    case .float16: isFree(of: UInt16(0x7c00))
    case .bfloat16: isFree(of: UInt16(0x7f80))
    case .float64: isFree(of: UInt64(0x7ff0_0000_0000_0000))
    default: true
    }
  }

  /// Whether no element has all bits of the exponent.
  private func isFree<Bits: FixedWidthInteger & BitwiseCopyable>(of exponent: Bits) -> Bool {
    var found = false
    for place in stride(from: 0, to: count - MemoryLayout<Bits>.size + 1, by: MemoryLayout<Bits>.size) {
      found = loadUnaligned(fromByteOffset: place, as: Bits.self) & exponent == exponent || found
    }
    return !found
  }
}
