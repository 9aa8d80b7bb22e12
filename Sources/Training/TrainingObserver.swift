/// Hears of a run's progress, on the thread of the run.
public protocol TrainingObserver: AnyObject {
  /// After every step.
  func didStep(_ progress: TrainingProgress)
  /// After a checkpoint has been written, whole.
  func didWriteCheckpoint(_ path: String, step: Int)
  /// Asked after every step: true ends the run in order.
  var shouldStop: Bool { get }
}

extension TrainingObserver {
  public func didStep(_ progress: TrainingProgress) {}
  public func didWriteCheckpoint(_ path: String, step: Int) {}
  public var shouldStop: Bool { false }
}
