import ArgumentParser
import ClipGraph
import Datasets
import Evaluation

/// `clipgraph evaluate zero-shot F.onnx --data DATA`.
struct ZeroShotCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "zero-shot", abstract: "Measures zero-shot accuracy.",
    discussion: """
      With --labels all pictures choose among the same labels; KEY.cls in the shards is the index of the right one, \
      a column of a table its index or name; several are parted by spaces or |, and ? before one leaves the picture out for it. \
      In a folder with a folder for each class, their names are the labels, unless --labels gives others in the same order. Without labels, \
      every picture chooses among its own candidates, given in KEY.json as the test split of `dataset shapes` has them. Several \
      templates are averaged in embedding space. Intervals are the bootstrap's, of 95 %.

      Examples:
        clipgraph evaluate zero-shot shapes.onnx --data 'data/test-*.tar'
        clipgraph evaluate zero-shot cifar.onnx --data 'cifar/test-*.tar' \\
          --labels cifar/classes.txt --templates templates.txt --per-class
      """)

  @Argument(help: "A model; left out where --image-model and --text-model name its towers.")
  var file: String?

  @OptionGroup(title: "Data") var input: DataOptions

  @Option(
    name: [.long, .customLong("classes")],
    help: ArgumentHelp("Labels separated by commas, or a file with one a line.", valueName: "a,b,c"))
  var labels: String?

  @OptionGroup var template: TemplateOptions

  @OptionGroup(title: "Standard data sets") var dataset: DatasetOption

  @Option(
    help: """
      accuracy, mean-per-class, top1-top5 (their mean), map11 (VOC 2007's mean average precision) or roc-auc (of two labels, the \
      second the positive one). For the last two a picture may be of several classes, or none. (default: accuracy, or what \
      --dataset has)
      """)
  var metric: DatasetMetric?

  @Flag(help: "Print the accuracy of every class.")
  var perClass = false

  @Flag(help: "With --json: the confusion matrix, rows the right labels, columns the chosen ones.")
  var confusion = false

  @Option(help: "Seed of the intervals.")
  var seed: UInt64 = 0

  @OptionGroup(title: "Report") var report: ReportOptions

  @OptionGroup var kept: CacheOptions
  @OptionGroup var engine: EngineOptions
  @OptionGroup(title: "Files of other programs") var model: ModelOptions

  @Flag(help: "Print JSON.")
  var json = false

  func validate() throws {
    try model.requireModel(file)
    if confusion, !json { throw ValidationError("--confusion goes with --json") }
  }

  func run() throws {
    try self.report.check()
    let given = try labels.map { try Labels.read($0) }
    let known = try dataset.resolve(
      data: input.data, hasLabels: given != nil, hasTemplates: template.isGiven)
    var input = input
    if let known { input.data = known.data }
    let metric = metric ?? known?.metric ?? .accuracy
    let folders = try input.classNames()
    let labels = given ?? known?.labels ?? folders
    if let labels {
      if let folders, folders.count != labels.count {
        throw Failure(
          "--labels",
          "has \(labels.count) labels, but \(input.data) has \(folders.count) class folders; name one for each")
      }
      try Labels.requireChoice(labels)
    } else if template.isGiven || perClass || confusion || metric != .accuracy {
      throw ValidationError(
        "--template, --templates, --metric, --per-class and --confusion need --labels, or class folders")
    }
    let data = try labels.map { try input.classified(labels: $0) } ?? input.source()
    let captions = try known?.templates ?? template.captions()
    if confusion, metric.ranksPictures {
      throw ValidationError("--confusion does not go with --metric \(metric.rawValue)")
    }
    if confusion, let labels, labels.count > ConfusionMatrix.mostRows {
      throw Failure(
        "--confusion", "tells \(ConfusionMatrix.mostRows) classes at most, not \(labels.count); leave it out")
    }
    let features = try kept.features()
    let clip = try model.clip(file, engine)
    let zeroShot = ZeroShot(clip, cache: features)
    let bar = ProgressBar("evaluating", total: 0)
    func progress(_ samples: Int) { bar.update(samples, "pictures") }
    if let labels, metric.ranksPictures {
      let result = try zeroShot.multiLabel(data: data, labels: labels, templates: captions, progress: progress)
      bar.finish()
      let report = try MultiLabelReport(result, metric: metric, labels: labels, clip.assumptions)
      note(report.withoutPictures)
      try self.report.write(report.page(model: model.name(file), data: input.data))
      if json { return try StandardOutput.json(report) }
      for line in report.lines(perClass: perClass) { try StandardOutput.line(line) }
      return
    }
    let result: ZeroShotResult
    if let labels {
      result = try zeroShot.accuracy(data: data, labels: labels, templates: captions, progress: progress)
    } else {
      result = try zeroShot.accuracyAmongCandidates(data: data, progress: progress)
    }
    bar.finish()
    let report = try ZeroShotReport(
      result, labels: labels, metric: metric, confusion: confusion, seed: seed, clip.assumptions)
    note(report.withoutPictures)
    try self.report.write(try report.page(result, model: model.name(file), data: input.data))
    if json { return try StandardOutput.json(report) }
    for line in report.lines(perClass: perClass) { try StandardOutput.line(line) }
  }

  private func note(_ withoutPictures: [String]) {
    if withoutPictures.isEmpty { return }
    StandardError.line(
      "clipgraph: note: classes without pictures do not count: " + withoutPictures.prefix(5).joined(separator: ", ")
        + (withoutPictures.count > 5 ? " and \(withoutPictures.count - 5) more" : ""))
  }
}
