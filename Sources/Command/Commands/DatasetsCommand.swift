import ArgumentParser
import Datasets
import Foundation

/// `clipgraph datasets [NAME] [--check DIR]`.
struct DatasetsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "datasets", abstract: "Lists the standard data sets, and checks how one lies on the disk.",
    discussion: """
      The paper's 27 sets for probes, the seven natural shifts of ImageNet, Flickr30k and COCO: sizes, metric, layout, where to \
      get them. Nothing is downloaded. (`clipgraph dataset` makes a data set of its own.)

      Examples:
        clipgraph datasets
        clipgraph datasets oxford-pets
        clipgraph datasets oxford-pets --check pets --split test
      """)

  @Argument(help: "A data set; left out, all are listed.")
  var name: String?

  @Option(help: ArgumentHelp("A folder of the data set: tell what is missing in it.", valueName: "folder"))
  var check: String?

  @Option(help: ArgumentHelp("With --check: this split only.", valueName: "name"))
  var split: String?

  @Option(help: ArgumentHelp("Where converter/fetch_assets put labels; used where it is there.", valueName: "folder"))
  var assets = "converter/assets"

  @Flag(help: "Print JSON.")
  var json = false

  func validate() throws {
    if check != nil, name == nil { throw ValidationError("--check needs the name of a data set") }
    if split != nil, check == nil { throw ValidationError("--split goes with --check") }
  }

  func run() throws {
    let registry = try DatasetRegistry.builtIn()
    guard let name else { return try list(registry.entries) }
    let entry = try registry.entry(named: name)
    if let check { return try self.check(entry, check) }
    if json { return try StandardOutput.json(entry) }
    for line in DatasetDescription(entry).lines { try StandardOutput.line(line) }
  }

  private func list(_ entries: [DatasetEntry]) throws {
    if json { return try StandardOutput.json(entries) }
    var table = TextTable([.left, .left, .right, .right, .right, .left, .left])
    table.add("name", "title", "classes", "train", "test", "kind", "metric")
    for entry in entries {
      func samples(_ split: String) -> String { entry.split(named: split)?.samples.map(Quantity.count) ?? "–" }
      table.add(
        entry.name, entry.title, entry.classes.map(Quantity.count) ?? "–", samples("train"), samples("test"),
        entry.kind.rawValue, entry.metric.title)
    }
    for line in table.lines { try StandardOutput.line(line) }
  }

  private func check(_ entry: DatasetEntry, _ folder: String) throws {
    let names = entry.classFile.map { assets + "/" + $0 }.flatMap { path in
      FileManager.default.fileExists(atPath: path) ? path : nil
    }
    let problems = DatasetRegistry.layoutProblems(
      of: entry, at: folder, split: split, classNames: try names.map { try Labels.read($0) })
    if json {
      try StandardOutput.json(Report(dataset: entry.name, folder: folder, problems: problems))
    } else if problems.isEmpty {
      try StandardOutput.line("\(folder): lies as \(entry.name) should")
    } else {
      for problem in problems { try StandardOutput.line(problem) }
    }
    if !problems.isEmpty {
      throw Failure(folder, "does not lie as \(entry.name) should; clipgraph datasets \(entry.name) tells how")
    }
  }

  private struct Report: Encodable {
    var dataset: String
    var folder: String
    var problems: [String]
  }
}
