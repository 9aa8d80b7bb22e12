import ClipGraph
import Training

/// Shows a run on the terminal or as JSON lines, and passes Ctrl-C on.
final class TrainingMonitor: TrainingObserver {
  private let bar: ProgressBar
  private let jsonEvery: Int?
  private let firstStep: Int
  private let model: TrainableModel
  private var hasStepped = false
  /// The first line of output that could not be written; it ends the run.
  private(set) var failure: Failure?
  private(set) var checkpoint: (path: String, step: Int)?

  /// - Parameter jsonEvery: steps between JSON lines on standard output; nil for none.
  init(_ model: TrainableModel, totalSteps: Int, firstStep: Int, jsonEvery: Int?) {
    self.model = model
    bar = ProgressBar("training", total: max(1, totalSteps - firstStep))
    self.firstStep = firstStep
    self.jsonEvery = jsonEvery
  }

  func didStep(_ progress: TrainingProgress) {
    if !hasStepped { StepOptions.report(model) }
    hasStepped = true
    bar.update(
      progress.step - firstStep,
      "step \(progress.step)  loss \(Quantity.decimal(progress.loss, 4))"
        + (progress.learningRate.map { "  rate \(Quantity.significant($0))" } ?? "")
        + "  \(Quantity.decimal(progress.samplesPerSecond, 0)) samples/s")
    guard let jsonEvery, progress.step.isMultiple(of: jsonEvery) || progress.step == progress.totalSteps else { return }
    do throws(Failure) { try StandardOutput.json(Line(progress)) } catch { failure = failure ?? error }
  }

  func didWriteCheckpoint(_ path: String, step: Int) { checkpoint = (path, step) }

  func didFailToWriteCheckpoint(_ error: TrainingError, step: Int) {
    StandardError.line(
      "clipgraph: no checkpoint of step \(step): \(error); the one before is as it was, and training goes on")
  }

  var shouldStop: Bool { Interruption.isRequested || failure != nil }

  func finish() { bar.finish() }

  private struct Line: Encodable {
    var step: Int
    var totalSteps: Int
    var loss: Double
    var learningRate: Double?
    var samplesPerSecond: Double
    var secondsLeft: Double

    init(_ progress: TrainingProgress) {
      (step, totalSteps, loss) = (progress.step, progress.totalSteps, progress.loss)
      (learningRate, samplesPerSecond) = (progress.learningRate, progress.samplesPerSecond)
      secondsLeft = progress.secondsLeft
    }

    enum CodingKeys: String, CodingKey {
      case step, loss
      case totalSteps = "total_steps"
      case learningRate = "learning_rate"
      case samplesPerSecond = "samples_per_second"
      case secondsLeft = "seconds_left"
    }
  }
}
