/// Hears of a run's progress, on the thread of the run.
public protocol TrainingObserver: AnyObject {
  /// After every step.
  func didStep(_ progress: TrainingProgress)
  /// After a checkpoint has been written, whole.
  func didWriteCheckpoint(_ path: String, step: Int)
  /// After one could not be written; the one before is as it was, and the run goes on.
  func didFailToWriteCheckpoint(_ error: TrainingError, step: Int)
  /// Asked after every step: true ends the run in order.
  var shouldStop: Bool { get }
}

extension TrainingObserver {
  public func didStep(_ progress: TrainingProgress) {}
  public func didWriteCheckpoint(_ path: String, step: Int) {}
  public func didFailToWriteCheckpoint(_ error: TrainingError, step: Int) {}
  public var shouldStop: Bool { false }
}
