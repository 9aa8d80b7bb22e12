import ArgumentParser
import ClipGraph
import Datasets
import Evaluation
import Training
import TrainingGraphs

/// What is measured now and then while a model is trained.
struct ValidationOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Shards of other pairs: their loss, and retrieval R@1, R@5, R@10 both ways.", valueName: "shards"))
  var valData: String?

  @Option(help: ArgumentHelp("Pairs of --val-data that are used, at most.", valueName: "n"))
  var valSamples = 1_000

  @Option(
    help: ArgumentHelp(
      "Shards for zero-shot accuracy: with --zero-shot-labels KEY.cls is the class, without, KEY.json has the candidates.",
      valueName: "shards"))
  var zeroShotData: String?

  @Option(help: ArgumentHelp("Labels separated by commas, or a file with one a line.", valueName: "a,b,c"))
  var zeroShotLabels: String?

  @Option(help: "A caption with {} for the label; may be given several times. (default: a photo of a {}.)")
  var zeroShotTemplate: [String] = []

  @Option(help: ArgumentHelp("Steps between validations; one more follows the last step.", valueName: "steps"))
  var valEvery = 500

  func validate() throws {
    if valEvery < 1 { throw ValidationError("--val-every must be 1 or more, not \(valEvery)") }
    if valSamples < 2 { throw ValidationError("--val-samples must be 2 or more, not \(valSamples)") }
    if zeroShotData == nil, zeroShotLabels != nil || !zeroShotTemplate.isEmpty {
      throw ValidationError("--zero-shot-labels and --zero-shot-template need --zero-shot-data")
    }
  }

  /// nil where nothing is asked for. Reads the pairs, so that mistakes are told before the training.
  ///
  /// - Parameter file: what neither the model nor `preparation` says is looked for beside it.
  func validation(
    _ preparation: Preparation, beside file: String, batchSize: Int, threads: Int
  ) throws -> Validation? {
    guard valData != nil || zeroShotData != nil else { return nil }
    let labels = try zeroShotLabels.map { try Labels.read($0) }
    if let labels { try Labels.requireChoice(labels) }
    let pairs = try valData.map { try PairValidation(shards: try ShardList.expand($0), limit: valSamples) }
    let classes = try zeroShotData.map { data in
      Validation.Classes(
        shards: try ShardList.expand(data), labels: labels,
        templates: zeroShotTemplate.isEmpty ? ["a photo of a {}."] : zeroShotTemplate)
    }
    return Validation(
      every: valEvery, pairs: pairs, classes: classes, preparation: preparation, file: file, batchSize: batchSize,
      threads: threads)
  }
}

/// Measures the present state of a model that is trained.
struct Validation {
  struct Classes {
    var shards: [String]
    /// nil where samples bring candidates.
    var labels: [String]?
    var templates: [String]
  }

  let every: Int
  let pairs: PairValidation?
  let classes: Classes?
  let preparation: Preparation
  let file: String
  let batchSize: Int
  let threads: Int

  func metrics(of trainable: TrainableModel) throws -> ValidationMetrics {
    let model = try trainable.inferenceModel()
    var options = CLIP.Options()
    (options.threads, options.preparation) = (threads, preparation)
    let clip = try CLIP(model, options: options, place: file, isFile: true)
    var result = ValidationMetrics()
    if let pairs {
      let graph = model.graph
      let bias = graph.value(named: "logit_bias").flatMap { graph.constants[$0]?.values(as: Float.self).first }
      result = try pairs.metrics(
        of: clip, recipe: trainable.recipe, batchSize: batchSize, bias: bias.map(Double.init) ?? 0)
    }
    if let classes {
      let zeroShot = ZeroShot(clip)
      let found =
        if let labels = classes.labels {
          try zeroShot.accuracy(data: WebDataset(shards: classes.shards), labels: labels, templates: classes.templates)
        } else {
          try zeroShot.accuracyAmongCandidates(data: WebDataset(shards: classes.shards))
        }
      result.zeroShotAccuracy = found.accuracy
    }
    return result
  }
}
