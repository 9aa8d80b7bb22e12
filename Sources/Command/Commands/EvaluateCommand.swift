import ArgumentParser
import ClipGraph
import Datasets
import Evaluation

/// `clipgraph evaluate F.onnx --data SHARDS`.
struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate", abstract: "Measures zero-shot accuracy on shards.",
    discussion: """
      With --labels all pictures choose among the same labels; KEY.cls in the shards is the index of the right one. Without, \
      every picture chooses among its own candidates, given in KEY.json as the test split of `dataset shapes` has them.

      Examples:
        clipgraph evaluate shapes.onnx --data 'data/test-*.tar'
        clipgraph evaluate cifar.onnx --data 'cifar/test-*.tar' \\
          --labels cifar/classes.txt --template "a photo of a {}."
      """)

  @Argument(help: "A model; left out where --image-model and --text-model name its towers.")
  var file: String?

  @Option(help: "Shards: a folder, or names with * and {00..99}.")
  var data: String

  @Option(help: ArgumentHelp("Labels separated by commas, or a file with one a line.", valueName: "a,b,c"))
  var labels: String?

  @Option(help: "A caption with {} for the label; may be given several times. (default: a photo of a {}.)")
  var template: [String] = []

  @OptionGroup var engine: EngineOptions
  @OptionGroup(title: "Files of other programs") var model: ModelOptions

  @Flag(help: "Print JSON.")
  var json = false

  func validate() throws {
    try model.requireModel(file)
    if labels == nil, !template.isEmpty { throw ValidationError("--template needs --labels") }
  }

  func run() throws {
    let labels = try self.labels.map { try Labels.read($0) }
    if let labels { try Labels.requireChoice(labels) }
    let shards = try ShardList.expand(data)
    let clip = try model.clip(file, engine)
    let zeroShot = ZeroShot(clip)
    let bar = ProgressBar("evaluating", total: 0)
    let result: ZeroShotResult
    if let labels {
      result = try zeroShot.accuracy(
        shards: shards, labels: labels, templates: template.isEmpty ? ["a photo of a {}."] : template
      ) { bar.update($0, "pictures") }
    } else {
      result = try zeroShot.accuracyAmongCandidates(shards: shards) { bar.update($0, "pictures") }
    }
    bar.finish()
    if json {
      try StandardOutput.json(
        Report(
          samples: result.samples, correct: result.correct, accuracy: result.accuracy,
          topFiveAccuracy: result.topFiveAccuracy, assumptions: clip.assumptions.isEmpty ? nil : clip.assumptions))
    } else {
      try StandardOutput.line(
        "zero-shot accuracy \(Quantity.percent(result.accuracy)) (\(result.correct) of \(result.samples)); among the best five "
          + Quantity.percent(result.topFiveAccuracy))
    }
  }

  private struct Report: Encodable {
    var samples: Int
    var correct: Int
    var accuracy: Double
    var topFiveAccuracy: Double
    var assumptions: [Assumption]?

    enum CodingKeys: String, CodingKey {
      case samples, correct, accuracy, assumptions
      case topFiveAccuracy = "top5_accuracy"
    }
  }
}
