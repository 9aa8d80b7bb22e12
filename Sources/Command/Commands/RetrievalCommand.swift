import ArgumentParser
import ClipGraph
import Evaluation

/// `clipgraph evaluate retrieval F.onnx --data DATA`.
struct RetrievalCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "retrieval", abstract: "Measures how well pictures find their captions, and captions their pictures.",
    discussion: """
      Recall at 1, 5 and 10 (a right one among the best k), and the median of the ranks. A picture may have several captions: \
      rows of a table with the same path, or a list in JSON lines. It finds its captions if one of them is among the best k. \
      Ranks count what scores strictly better; queries with equally good wrong answers are counted beside. Intervals are the \
      bootstrap's, of 95 %.

      Examples:
        clipgraph evaluate retrieval vit-b-32.onnx --data flickr30k-test.csv
        clipgraph evaluate retrieval shapes.onnx --data 'data/test-*.tar' --json
      """)

  @Argument(help: "A model; left out where --image-model and --text-model name its towers.")
  var file: String?

  @OptionGroup(title: "Data") var input: DataOptions

  @Option(help: "Seed of the intervals.")
  var seed: UInt64 = 0

  @OptionGroup(title: "Report") var report: ReportOptions

  @OptionGroup var kept: CacheOptions
  @OptionGroup var engine: EngineOptions
  @OptionGroup(title: "Files of other programs") var model: ModelOptions

  @Flag(help: "Print JSON.")
  var json = false

  func validate() throws { try model.requireModel(file) }

  func run() throws {
    try self.report.check()
    let data = try input.source()
    let features = try kept.features()
    let clip = try model.clip(file, engine)
    let bar = ProgressBar("evaluating", total: 0)
    let metrics = try Retrieval(clip, cache: features).metrics(data: data) { bar.update($0, "pairs") }
    bar.finish()
    let report = Report(
      imageToText: try Direction(metrics.imageToText, seed), textToImage: try Direction(metrics.textToImage, seed),
      assumptions: clip.assumptions.isEmpty ? nil : clip.assumptions
    )
    try self.report.write(
      HTMLReport(
        retrieval: model.name(file), data: input.data,
        directions: [
          report.imageToText.page("picture → caption"), report.textToImage.page("caption → picture"),
        ]))
    if json { return try StandardOutput.json(report) }
    var table = TextTable([.left, .right, .right, .right, .right, .right])
    table.add("", "R@1", "R@5", "R@10", "median rank", "queries")
    for (name, ranks) in [("picture → caption", report.imageToText), ("caption → picture", report.textToImage)] {
      table.add(
        name, Quantity.percent(ranks.recallAt1.estimate), Quantity.percent(ranks.recallAt5.estimate),
        Quantity.percent(ranks.recallAt10.estimate), Quantity.decimal(ranks.medianRank, 1), "\(ranks.queries)")
    }
    for line in table.lines { try StandardOutput.line(line) }
    let tied = report.imageToText.tiedQueries + report.textToImage.tiedQueries
    if tied > 0 { try StandardOutput.line("\(tied) queries have wrong answers that score as well as the right one") }
  }

  private struct Report: Encodable {
    var imageToText: Direction
    var textToImage: Direction
    var assumptions: [Assumption]?

    enum CodingKeys: String, CodingKey {
      case assumptions
      case imageToText = "image_to_text"
      case textToImage = "text_to_image"
    }
  }

  private struct Direction: Encodable {
    var queries: Int
    var tiedQueries: Int
    var recallAt1: BootstrapInterval
    var recallAt5: BootstrapInterval
    var recallAt10: BootstrapInterval
    var medianRank: Double
    var meanRank: Double

    init(_ ranks: RetrievalRanks, _ seed: UInt64) throws {
      (queries, tiedQueries) = (ranks.ranks.count, ranks.tiedQueries)
      recallAt1 = try Bootstrap.mean(of: ranks.hits(at: 1), seed: seed)
      recallAt5 = try Bootstrap.mean(of: ranks.hits(at: 5), seed: seed)
      recallAt10 = try Bootstrap.mean(of: ranks.hits(at: 10), seed: seed)
      (medianRank, meanRank) = (ranks.medianRank, ranks.meanRank)
    }

    func page(_ name: String) -> HTMLReport.RetrievalDirection {
      HTMLReport.RetrievalDirection(
        name: name,
        recalls: [(1, recallAt1), (5, recallAt5), (10, recallAt10)].map { (k: $0.0, estimate: PlotEstimate($0.1)) },
        medianRank: medianRank, queries: queries)
    }

    enum CodingKeys: String, CodingKey {
      case queries
      case tiedQueries = "tied_queries"
      case recallAt1 = "recall_at_1"
      case recallAt5 = "recall_at_5"
      case recallAt10 = "recall_at_10"
      case medianRank = "median_rank"
      case meanRank = "mean_rank"
    }
  }
}
