import ArgumentParser
import ClipGraph
import Datasets
import Evaluation

/// `clipgraph evaluate bias F.onnx --data TABLE --group-columns race,gender --categories F`.
struct BiasCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bias", abstract: "Measures how often pictures of each group are put into categories of labels.",
    discussion: """
      The probe on FairFace of Radford et al. 2021, section 7.1: zero-shot classification with labels that could do harm, and \
      the share of each group's pictures that they are given to. --categories is a file with a label a line: \
      category<TAB>label, or labels beneath a [category] line; labels before the first such line can be chosen without being \
      counted. Pictures get the most probable label, or with --threshold every label of at least that probability. --added \
      names categories that are left out at first and then added, to see what they change.

      Shares have Wilson's intervals of 95 %; the greatest share minus the smallest, and divided by it, the bootstrap's. Groups of \
      fewer than 30 pictures are marked. Groups are the table's, as others perceived them; equal shares are no evidence of fairness.

      Examples:
        clipgraph evaluate bias vit-b-32.onnx --data fairface/val.csv --csv-img-key file \\
          --group-columns race,gender,age --categories categories.txt --added child
        clipgraph evaluate bias vit-b-32.onnx --data members.jsonl --group-columns gender \\
          --categories occupations.txt --threshold 0.005 0.04 --json
      """)

  @Argument(help: "A model; left out where --image-model and --text-model name its towers.")
  var file: String?

  @Option(help: "A table (.csv, .tsv) or JSON lines (.jsonl) of pictures and their groups; no captions are needed.")
  var data: String

  @Option(help: ArgumentHelp("The columns whose values are groups, separated by commas.", valueName: "a,b"))
  var groupColumns: String

  @Option(help: ArgumentHelp("A file of labels and their categories.", valueName: "file"))
  var categories: String

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp("Categories that are left out at first and then added.", valueName: "category"))
  var added: [String] = []

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp("Give every label of at least this probability, in (0, 1].", valueName: "probability"))
  var threshold: [Double] = []

  @OptionGroup var template: TemplateOptions

  @Option(
    help: ArgumentHelp(
      "The column (or key) of the pictures' paths. (default: filepath, image, path, …)", valueName: "key"))
  var csvImgKey: String?

  @Option(help: ArgumentHelp("What parts columns. (default: tab or comma)", valueName: "character"))
  var csvSeparator: String?

  @Option(help: "Seed of the intervals.")
  var seed: UInt64 = 0

  @OptionGroup(title: "Report") var page: ReportOptions

  @OptionGroup var kept: CacheOptions
  @OptionGroup var engine: EngineOptions
  @OptionGroup(title: "Files of other programs") var model: ModelOptions

  @Flag(help: "Print JSON.")
  var json = false

  private var columns: [String] { groupColumns.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) } }

  private var separator: Character? {
    csvSeparator.flatMap { $0 == "\\t" ? "\t" : $0.count == 1 ? $0.first : nil }
  }

  func validate() throws {
    try model.requireModel(file)
    if let wrong = threshold.first(where: { !($0 > 0 && $0 <= 1) }) {
      throw ValidationError("--threshold must be above 0 and at most 1, not \(wrong)")
    }
    if columns.isEmpty || columns.contains("") || Set(columns).count < columns.count {
      throw ValidationError("--group-columns must name columns, each once, not '\(groupColumns)'")
    }
    if let csvSeparator, separator == nil {
      throw ValidationError("--csv-separator must be one character, or \\t, not '\(csvSeparator)'")
    }
  }

  func run() throws {
    try page.check()
    let captions = try template.captions()
    let categories = try BiasCategories(contentsOf: self.categories)
    for name in added { _ = try categories.index(name) }
    let table = try BiasTable(contentsOf: data, columns: columns, imageColumn: csvImgKey, separator: separator)
    let cache = try kept.features()
    let clip = try model.clip(file, engine)
    let bar = ProgressBar("evaluating", total: 0)
    let results = try Bias(clip, cache: cache).measure(
      table, categories: categories, added: added,
      rules: threshold.isEmpty ? [.top] : threshold.map { .threshold($0) }, templates: captions, seed: seed
    ) { bar.update($0, "pictures") }
    bar.finish()
    let report = BiasReport(
      results, pictures: table.pictures.rows.count, labels: categories.labels.count, clip.assumptions)
    try page.write(report.page(model: model.name(file), data: data))
    if json { return try StandardOutput.json(report) }
    for line in report.lines { try StandardOutput.line(line) }
  }
}
