import ClipGraph
import Foundation

/// Where the numbers of a run go: a file of lines, an event file, both or neither.
public final class TrainingLogs {
  private let metrics: MetricsLog?
  private let events: EventFile?
  private let start = Date()
  private var waited = 0.0
  /// The first line that could not be written; nothing more is written then, and training goes on.
  public private(set) var failure: TrainingError?

  /// - Parameters:
  ///   - metrics: a file of JSON lines; nil for none.
  ///   - eventFolder: for TensorBoard; nil for none.
  ///   - step: where the run goes on.
  public init(metrics: String?, eventFolder: String?, from step: Int) throws(TrainingError) {
    self.metrics = try metrics.map { path throws(TrainingError) in try MetricsLog(path, from: step) }
    events = try eventFolder.map { folder throws(TrainingError) in try EventFile(in: folder) }
  }

  public func write(_ progress: TrainingProgress, logitScale: Double?) {
    var line = TrainingMetrics(step: progress.step)
    line.loss = progress.loss
    line.learningRate = progress.learningRate
    line.logitScale = logitScale
    line.samplesPerSecond = progress.samplesPerSecond
    line.dataWait = progress.secondsWaited - waited
    line.seconds = Date().timeIntervalSince(start)
    waited = progress.secondsWaited
    write(line)
  }

  public func write(_ line: TrainingMetrics) {
    guard failure == nil else { return }
    do throws(TrainingError) {
      try metrics?.write(line)
      try events?.write(line)
    } catch {
      failure = error
    }
  }
}
