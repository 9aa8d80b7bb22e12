import Tensors

#if canImport(Glibc)
  import Glibc
#endif

/// The numbers of a session's states. Used on the executor's thread only.
///
/// A state is its initializer (perhaps in a mapped file) until something writes it; from then on it is memory of its own,
/// which stays where it is.
final class StateStore {
  let names: [String]
  private let indices: [String: Int]
  private var arrays: [NDArray]
  private var isOwned: [Bool]
  /// Counts moves: pointers to states hold as long as it stays.
  private(set) var generation = 0

  init(_ states: [(name: String, initial: NDArray)]) {
    names = states.map(\.name)
    arrays = states.map { $0.initial.aligned }
    isOwned = [Bool](repeating: false, count: states.count)
    indices = Dictionary(names.enumerated().map { ($1, $0) }) { first, _ in first }
  }

  func index(of name: String) -> Int? { indices[name] }

  func array(_ index: Int) -> NDArray { arrays[index] }

  func address(_ index: Int) -> UnsafeMutableRawPointer { arrays[index].address }

  var ownedByteCount: Int { zip(arrays, isOwned).reduce(0) { $0 + ($1.1 ? $1.0.byteCount : 0) } }

  /// Gives the state memory of its own.
  func own(_ index: Int) {
    if isOwned[index] { return }
    let initial = arrays[index]
    arrays[index] = initial.copiedWithoutZeros()
    initial.storage.releasePages(initial.offset..<initial.offset + initial.byteCount)
    isOwned[index] = true
    generation += 1
  }

  func clear(_ index: Int) {
    own(index)
    memset(arrays[index].address, 0, arrays[index].byteCount)
  }

  func set(_ index: Int, to array: NDArray) {
    own(index)
    arrays[index].address.copyMemory(from: array.address, byteCount: array.byteCount)
  }
}
