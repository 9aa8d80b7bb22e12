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
    let key = Key(storage: ObjectIdentifier(operand.storage), offset: operand.offset, layout: packing.layout)
    if let entry = entries[key], entry.source === operand.storage, let storage = entry.packed {
      return try array(storage)
    }
    entries = entries.filter { $0.value.source != nil && $0.value.packed != nil }
    let storage = Storage(byteCount: packing.byteCount)
    packing.pack(storage.base, operand.address)
    operand.storage.releasePages(operand.offset..<operand.offset + operand.byteCount)
    entries[key] = Entry(source: operand.storage, packed: storage)
    return try array(storage)
  }

  private func array(_ storage: Storage) throws(RuntimeError) -> NDArray {
    do { return try NDArray(.uint8, [storage.count], storage: storage, offset: 0) } catch {
      throw RuntimeError(.planning, at: "packed weights", error.message)
    }
  }
}
