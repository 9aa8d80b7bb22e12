import Graphs
import Synchronization
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
  /// What is left to be written, by how many bytes it is.
  private var pending: [(byteCount: Int, fill: @Sendable () -> Void)] = []
  private let threads: Int
  private let prepareThread: @Sendable (Int) -> Void

  /// - Parameters:
  ///   - threads: that write packed weights.
  ///   - prepareThread: sets how many threads kernels use that are called from its thread.
  init(threads: Int = 1, prepareThread: @escaping @Sendable (Int) -> Void = { _ in }) {
    (self.threads, self.prepareThread) = (threads, prepareThread)
  }

  /// Bytes of all that are alive.
  var byteCount: Int { entries.values.reduce(0) { $0 + ($1.packed?.count ?? 0) } }

  /// The operand's bytes in the layout, which are there from the next `write` on.
  func packed(_ operand: NDArray, _ packing: WeightPacking) throws(RuntimeError) -> NDArray {
    let storage = try storage(of: operand, packing.layout, byteCount: packing.byteCount) { packed in
      operand.storage.fetchPages(operand.offset..<operand.offset + operand.byteCount)
      let source = packing.takesAnyAddress ? operand : operand.aligned
      withExtendedLifetime(source) { packing.pack(packed.base, source.address) }
    }
    return try view(storage, .uint8, [storage.count])
  }

  /// The constant itself where it is aligned to its elements; a copy otherwise, which is there from the next `write` on.
  func aligned(_ constant: NDArray) throws(RuntimeError) -> NDArray {
    if constant.isAligned { return constant }
    let storage = try storage(of: constant, "aligned", byteCount: constant.byteCount) { copy in
      copy.base.copyMemory(from: constant.address, byteCount: constant.byteCount)
    }
    return try view(storage, constant.scalar, constant.sizes)
  }

  /// Writes what has been asked for, each on one thread: several threads that write into one large page would each clear
  /// it first. The pages of mapped files that it came from are let go.
  func write() {
    let work = pending.sorted { $0.byteCount > $1.byteCount }.map(\.fill)
    pending = []
    guard !work.isEmpty else { return }
    let next = Atomic(0)
    let prepare = prepareThread
    inParallel(min(threads, work.count)) {
      prepare(1)
      while case let index = next.add(1, ordering: .relaxed).oldValue, index < work.count { work[index]() }
    }
    prepare(threads)
  }

  private func storage(
    of source: NDArray, _ layout: String, byteCount: Int, _ fill: @escaping @Sendable (Storage) -> Void
  ) throws(RuntimeError) -> Storage {
    let key = Key(storage: ObjectIdentifier(source.storage), offset: source.offset, layout: layout)
    if let entry = entries[key], entry.source === source.storage, let storage = entry.packed { return storage }
    let storage: Storage
    do { storage = try Storage.uninitialized(byteCount: byteCount) } catch {
      throw RuntimeError(.memory, at: "packed weights", error.message)
    }
    let range = source.offset..<source.offset + source.byteCount
    pending.append(
      (
        byteCount,
        {
          fill(storage)
          source.storage.releasePages(range)
        }
      ))
    entries[key] = Entry(source: source.storage, packed: storage)
    return storage
  }

  /// Forgets what no program reads any more, and what a plan that failed has left unwritten.
  func clean() {
    pending = []
    entries = entries.filter { $0.value.source != nil && $0.value.packed != nil }
  }

  private func view(_ storage: Storage, _ scalar: ScalarType, _ sizes: [Int]) throws(RuntimeError) -> NDArray {
    do { return try NDArray(scalar, sizes, storage: storage, offset: 0) } catch {
      throw RuntimeError(.planning, at: "packed weights", error.message)
    }
  }
}
