import Foundation

/// Makes items on threads of its own, and hands them out in order: a bounded number of them wait at any time.
final class Prefetch<Item: Sendable>: @unchecked Sendable {
  private let count: Int
  private let ahead: Int
  private let make: @Sendable (Int) throws(ClipGraphError) -> Item
  /// Guards all that follows, and tells of every change.
  private let condition = NSCondition()
  private var made: [Int: Result<Item, ClipGraphError>] = [:]
  private var started = 0
  private var taken = 0
  private var isStopped = false

  /// - Parameters:
  ///   - count: of all items.
  ///   - ahead: items that are made before they are asked for, at most.
  init(_ count: Int, ahead: Int, _ make: @escaping @Sendable (Int) throws(ClipGraphError) -> Item) {
    (self.count, self.ahead, self.make) = (count, max(ahead, 1), make)
    for _ in 0..<min(count, ProcessInfo.processInfo.activeProcessorCount) {
      let thread = Thread { [self] in work() }
      thread.stackSize = 8 << 20
      thread.start()
    }
  }

  /// The next item, or why it could not be made. Not to be called more than `count` times.
  func next() throws(ClipGraphError) -> Item {
    condition.lock()
    var result = made.removeValue(forKey: taken)
    while result == nil {
      condition.wait()
      result = made.removeValue(forKey: taken)
    }
    taken += 1
    condition.broadcast()
    condition.unlock()
    guard let result else { throw ClipGraphError("item \(taken)", "was not made") }
    return try result.get()
  }

  /// Begins no further item.
  func stop() {
    condition.lock()
    isStopped = true
    condition.broadcast()
    condition.unlock()
  }

  private func work() {
    while let index = claim() {
      let result: Result<Item, ClipGraphError>
      do throws(ClipGraphError) { result = .success(try make(index)) } catch { result = .failure(error) }
      condition.lock()
      made[index] = result
      condition.broadcast()
      condition.unlock()
    }
  }

  /// The next item that nobody makes yet, as soon as there is room for it; nil when there is nothing left to do.
  private func claim() -> Int? {
    condition.lock()
    defer { condition.unlock() }
    while started - taken >= ahead, started < count, !isStopped { condition.wait() }
    guard started < count, !isStopped else { return nil }
    started += 1
    return started - 1
  }
}
