import Synchronization

/// A mutex for what has to be `Sendable` in a test.
final class Lock: Sendable {
  private let mutex = Mutex(())
  func held<R>(_ body: () -> R) -> R {
    mutex.withLock { _ in body() }
  }
}
