import Foundation
import Synchronization

/// Ctrl-C (SIGINT) and SIGTERM while something may be finished in order: the first asks, the second ends at once.
enum Interruption {
  /// The first signal that came, or 0; set from the handler, and lock-free.
  private static let received = Atomic<Int32>(0)

  /// From now on signals are noted instead of ending the process.
  static func install() {
    _ = received.load(ordering: .relaxed)  // made before a handler may need it
    var action = sigaction()
    action.__sigaction_handler.sa_handler = { signal in
      let (isFirst, _) = Interruption.received.compareExchange(
        expected: 0, desired: signal, ordering: .sequentiallyConsistent)
      if !isFirst { _exit(128 + signal) }
    }
    action.sa_flags = SA_RESTART
    sigemptyset(&action.sa_mask)
    sigaction(SIGINT, &action, nil)
    sigaction(SIGTERM, &action, nil)
    // Whoever started this process may have done so with the signals blocked.
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGINT)
    sigaddset(&signals, SIGTERM)
    pthread_sigmask(SIG_UNBLOCK, &signals, nil)
  }

  static var isRequested: Bool { received.load(ordering: .sequentiallyConsistent) != 0 }

  /// What a process ends with after the signal, as shells have it: 130 for Ctrl-C.
  static var exitCode: Int32 { 128 + received.load(ordering: .sequentiallyConsistent) }
}
