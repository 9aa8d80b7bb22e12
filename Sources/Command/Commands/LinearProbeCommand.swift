import ArgumentParser
import ClipGraph
import Datasets
import Evaluation

/// `clipgraph evaluate linear-probe F.onnx --train-data DATA --test-data DATA`: features as the model gives them.
struct LinearProbeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "linear-probe", abstract: "Measures what a linear classifier makes of the image features.",
    discussion: """
      Fits multinomial logistic regression with an L2 penalty to the features of the training pictures by L-BFGS, and counts \
      what it gets right on the test pictures. Without --lambda, λ is searched for in 1e-6 … 1e6 on a tenth of the training \
      pictures: from steps of a hundredfold to eight a decade around the best; then the fit is on all. λ is scikit-learn's 1 / C. \
      Features are not normalised.

      Examples:
        clipgraph evaluate linear-probe vit-b-32.onnx --train-data 'cifar/train-*.tar' \\
          --test-data 'cifar/test-*.tar'
        clipgraph evaluate linear-probe vit-b-32.onnx --train-data train/ --test-data test/ \\
          --shots 1 2 4 8 16 --json
      """)

  @Argument(help: "A model; left out where --image-model names its tower.")
  var file: String?

  @Option(help: "Training pictures with classes: shards with KEY.cls, or a folder for each class.")
  var trainData: String

  @Option(help: "Test pictures, as the training pictures.")
  var testData: String

  @Option(
    help: ArgumentHelp(
      "Labels separated by commas, or a file with one a line, where a table names classes rather than numbers them.",
      valueName: "a,b,c"))
  var labels: String?

  @Option(help: ArgumentHelp("The strength of the L2 penalty. (default: searched for)", valueName: "number"))
  var lambda: Double?

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp("Training pictures of each class, drawn by the seed; several give a curve.", valueName: "n"))
  var shots: [Int] = []

  @Option(help: "Seed of the validation split, the shots and the intervals.")
  var seed: UInt64 = 0

  @Option(
    help: """
      The features: embedding, before-projection, or auto: before the projection into the joint embedding for a ViT, the \
      embedding, which attention pooling gives, for a ResNet.
      """)
  var features = ImageFeatures.automatic

  @OptionGroup(title: "Report") var report: ReportOptions

  @OptionGroup var kept: CacheOptions
  @OptionGroup var engine: EngineOptions
  @OptionGroup(title: "Files of other programs") var model: ModelOptions

  @Flag(help: "Print JSON.")
  var json = false

  func validate() throws {
    try model.requireModel(file)
    if let lambda, !(lambda > 0 && lambda.isFinite) { throw ValidationError("--lambda must be above 0, not \(lambda)") }
    if let wrong = shots.first(where: { $0 < 1 }) { throw ValidationError("--shots must be 1 or more, not \(wrong)") }
  }

  func run() throws {
    try report.check()
    let names = (try DataSource.classNames(trainData), try DataSource.classNames(testData))
    if let train = names.0, let test = names.1, train != test {
      throw Failure(testData, "has other class folders than \(trainData)")
    }
    var options = DataSource.Options()
    let labels = try self.labels.map { try Labels.read($0) }
    options.purpose = .classes(names: labels ?? [])
    let sources = (try DataSource.open(trainData, options), try DataSource.open(testData, options))
    let cache = try kept.features()
    let clip = try model.clip(file, engine, features: features)
    let bar = ProgressBar("encoding", total: 0)
    let train = try LinearProbe.split(clip, data: sources.0, cache: cache) { bar.update($0, "pictures") }
    let test = try LinearProbe.split(clip, data: sources.1, cache: cache) {
      bar.update(train.labels.count + $0, "pictures")
    }
    bar.finish()
    let classes =
      names.0?.count ?? labels?.count ?? max(2, 1 + max(train.labels.max() ?? 0, test.labels.max() ?? 0))
    var rows: [Row] = []
    var last: LinearProbe.Result?
    for count in shots.isEmpty ? [nil] : shots.map(Optional.init) {
      let result = try LinearProbe.run(
        train: train, test: test, classes: classes, lambda: lambda, shots: count, seed: seed, threads: engine.threads)
      rows.append(try Row(result, shots: count, seed: seed))
      last = result
    }
    try report.write(page(rows, last, labels: names.0 ?? labels ?? (0..<classes).map(String.init)))
    if json {
      return try StandardOutput.json(
        Report(
          classes: classes, features: clip.imageFeatures.rawValue, width: train.width, testPictures: test.labels.count,
          probes: rows))
    }
    for row in rows {
      try StandardOutput.line(
        (row.shots.map { "\($0) a class: " } ?? "") + "linear probe \(Quantity.percent(row.accuracy.estimate)), "
          + "95 % interval \(Quantity.percent(row.accuracy.lower)) to \(Quantity.percent(row.accuracy.upper)); mean of the "
          + "classes \(Quantity.percent(row.meanPerClass)); λ \(Quantity.significant(row.lambda)), \(row.trainingPictures) "
          + "training pictures, \(row.iterations) iterations\(row.converged ? "" : " (more would be needed)")")
    }
  }

  private func page(_ rows: [Row], _ last: LinearProbe.Result?, labels: [String]) -> HTMLReport {
    let scores = last.map { result in
      zip(labels, result.confusion.classCounts).map { ClassScore(label: $0, samples: $1.examples, correct: $1.correct) }
    }
    return HTMLReport(
      linearProbe: model.name(file), training: trainData, test: testData,
      summary: rows.last.map { [(name: "Accuracy", value: PlotEstimate($0.accuracy).words)] } ?? [],
      probes: rows.map {
        .init(
          shots: $0.shots, trainingPictures: $0.trainingPictures, accuracy: PlotEstimate($0.accuracy),
          meanPerClass: $0.meanPerClass, lambda: $0.lambda)
      }, classes: scores ?? [], confusion: last?.confusion.cells)
  }

  private struct Report: Encodable {
    var classes: Int
    var features: String
    var width: Int
    var testPictures: Int
    var probes: [Row]

    enum CodingKeys: String, CodingKey {
      case classes, features, width, probes
      case testPictures = "test_pictures"
    }
  }

  private struct Row: Encodable {
    var shots: Int?
    var trainingPictures: Int
    var accuracy: BootstrapInterval
    var meanPerClass: Double
    var lambda: Double
    var objective: Double
    var iterations: Int
    var converged: Bool

    init(_ result: LinearProbe.Result, shots: Int?, seed: UInt64) throws {
      (self.shots, trainingPictures) = (shots, result.trainingPictures)
      accuracy = try Bootstrap.mean(of: result.hits.map { $0 ? 1 : 0 }, seed: seed)
      meanPerClass = try result.confusion.perClassAccuracy.mean
      (lambda, objective) = (result.fit.lambda, result.fit.objective)
      (iterations, converged) = (result.fit.iterations, result.fit.converged)
    }

    enum CodingKeys: String, CodingKey {
      case shots, accuracy, lambda, objective, iterations, converged
      case trainingPictures = "training_pictures"
      case meanPerClass = "mean_per_class_accuracy"
    }
  }
}
