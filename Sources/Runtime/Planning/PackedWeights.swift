import Graphs
import Tensors

/// Constants in the layouts that kernels asked for, shared by the programs of a session. Used on one thread only.
///
/// A packed constant lives as long as a program that reads it.
final class PackedWeights {
  private struct Key: Hashable {
    var storage: ObjectIdentifier
    var offset: Int
    var layout: String
  }

  private struct Entry {
    weak var source: Storage?
    weak var packed: Storage?
  }

  private var entries: [Key: Entry] = [:]

  /// Bytes of all that are alive.
  var byteCount: Int { entries.values.reduce(0) { $0 + ($1.packed?.count ?? 0) } }

  /// The operand's bytes in the layout; the pages of a mapped file that they come from are let go.
  func packed(_ operand: NDArray, _ packing: WeightPacking) throws(RuntimeError) -> NDArray {
    let storage = try storage(of: operand, packing.layout, byteCount: packing.byteCount) { packed in
      operand.storage.fetchPages(operand.offset..<operand.offset + operand.byteCount)
      packing.pack(packed, (packing.takesAnyAddress ? operand : operand.aligned).address)
    }
    return try view(storage, .uint8, [storage.count])
  }

  /// The constant itself where it is aligned to its elements; a copy otherwise.
  func aligned(_ constant: NDArray) throws(RuntimeError) -> NDArray {
    if constant.isAligned { return constant }
    let storage = try storage(of: constant, "aligned", byteCount: constant.byteCount) { copy in
      copy.copyMemory(from: constant.address, byteCount: constant.byteCount)
    }
    return try view(storage, constant.scalar, constant.sizes)
  }

  private func storage(
    of source: NDArray, _ layout: String, byteCount: Int, _ fill: (UnsafeMutableRawPointer) -> Void
  ) throws(RuntimeError) -> Storage {
    let key = Key(storage: ObjectIdentifier(source.storage), offset: source.offset, layout: layout)
    if let entry = entries[key], entry.source === source.storage, let storage = entry.packed { return storage }
    let storage: Storage
    do { storage = try Storage.uninitialized(byteCount: byteCount) } catch {
      throw RuntimeError(.memory, at: "packed weights", error.message)
    }
    fill(storage.base)
    source.storage.releasePages(source.offset..<source.offset + source.byteCount)
    entries[key] = Entry(source: source.storage, packed: storage)
    return storage
  }

  /// Forgets what no program reads any more.
  func clean() { entries = entries.filter { $0.value.source != nil && $0.value.packed != nil } }

  private func view(_ storage: Storage, _ scalar: ScalarType, _ sizes: [Int]) throws(RuntimeError) -> NDArray {
    do { return try NDArray(scalar, sizes, storage: storage, offset: 0) } catch {
      throw RuntimeError(.planning, at: "packed weights", error.message)
    }
  }
}
