/// How far a run is, after a step.
public struct TrainingProgress: Hashable, Sendable {
  /// Steps that the file's state has taken, those of earlier runs included.
  public var step: Int
  /// The step at which the run ends.
  public var totalSteps: Int
  /// The loss of this step's batch, before its update.
  public var loss: Double
  /// nil where the algorithm gives none.
  public var learningRate: Double?
  /// Over the last steps.
  public var samplesPerSecond: Double
  public var secondsLeft: Double
  /// Seconds in which the run has waited for data so far.
  public var secondsWaited: Double
}

/// What a run has done.
public struct TrainingSummary: Hashable, Sendable {
  public enum End: String, Hashable, Sendable {
    case finished
    /// The observer asked to stop.
    case interrupted
  }

  public var end: End
  /// Steps that the file's state has taken.
  public var step: Int
  /// The steps and samples of this run.
  public var stepsRun: Int
  public var samples: Int
  public var seconds: Double
  /// Seconds in which the loop waited for data.
  public var secondsWaited: Double
  /// Mean loss of the last steps, at most fifty; nil where there was none.
  public var recentLoss: Double?
  /// Samples that could not be used, and the latest reason.
  public var skipped: Int
  public var latestSkipReason: String

  public var samplesPerSecond: Double { seconds > 0 ? Double(samples) / seconds : 0 }
}
