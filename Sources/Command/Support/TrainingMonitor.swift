import ClipGraph
import Training

/// Shows a run on the terminal or as JSON lines, and passes Ctrl-C on.
final class TrainingMonitor: TrainingObserver {
  private let bar: ProgressBar
  private let jsonEvery: Int?
  private let firstStep: Int
  private let model: TrainableModel
  private let logs: TrainingLogs?
  private let validation: Validation?
  private var hasWarned = false
  private var hasStepped = false
  /// The first line of output that could not be written; it ends the run.
  private(set) var failure: Failure?
  private(set) var checkpoint: (path: String, step: Int)?

  /// - Parameter jsonEvery: steps between JSON lines on standard output; nil for none.
  init(
    _ model: TrainableModel, totalSteps: Int, firstStep: Int, jsonEvery: Int?, logs: TrainingLogs? = nil,
    validation: Validation? = nil
  ) {
    (self.model, self.logs, self.validation) = (model, logs, validation)
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
    log(progress)
    guard let jsonEvery, progress.step.isMultiple(of: jsonEvery) || progress.step == progress.totalSteps else { return }
    do throws(Failure) { try StandardOutput.json(Line(progress)) } catch { failure = failure ?? error }
  }

  private func log(_ progress: TrainingProgress) {
    logs?.write(progress, logitScale: try? model.logitScale())
    validate(progress)
    guard let failure = logs?.failure, !hasWarned else { return }
    hasWarned = true
    StandardError.line("clipgraph: \(failure); training goes on without this log")
  }

  private func validate(_ progress: TrainingProgress) {
    guard let validation, progress.step.isMultiple(of: validation.every) || progress.step == progress.totalSteps else {
      return
    }
    do {
      let found = try validation.metrics(of: model)
      var line = TrainingMetrics(step: progress.step)
      line.validation = found
      logs?.write(line)
      if jsonEvery != nil { return try StandardOutput.json(line) }
      bar.finish()
      let words = found.named.map { "\($0.name) \(Quantity.decimal($0.value, 4))" }
      try StandardOutput.line("step \(progress.step): validation " + words.joined(separator: ", "))
    } catch let error as Failure {
      failure = failure ?? error
    } catch {
      StandardError.line("clipgraph: step \(progress.step): no validation: \(Failure.line(of: error))")
    }
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
