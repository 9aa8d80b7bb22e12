import ArgumentParser
import Training

/// Where the numbers of a training run go.
struct LogOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "A file of JSON lines, one a step: loss, lr, scale, samples_per_second, data_wait. clipgraph plot draws it.",
      valueName: "file"))
  var metrics: String?

  @Option(help: ArgumentHelp("Write an event file for TensorBoard into this folder.", valueName: "folder"))
  var tensorboard: String?

  /// nil where nothing is asked for.
  ///
  /// - Parameter step: where the run goes on.
  func logs(from step: Int) throws -> TrainingLogs? {
    guard metrics != nil || tensorboard != nil else { return nil }
    if let metrics { try OutputFile.check(metrics) }
    return try TrainingLogs(metrics: metrics, eventFolder: tensorboard, from: step)
  }
}
