import ArgumentParser
import Datasets
import Foundation

/// A data set of the registry: its labels, templates and metric, and whether the data lie as it says.
struct DatasetOption: ParsableArguments {
  @Option(
    name: .customLong("dataset"),
    help: ArgumentHelp(
      """
      A standard data set, as `clipgraph datasets` lists them: its metric, labels and templates, where none are given. \
      --data is then its folder, too.
      """, valueName: "name"))
  var name: String?

  @Option(help: ArgumentHelp("Where converter/fetch_assets put labels and templates.", valueName: "folder"))
  var assets = "converter/assets"

  /// What the registry says of the data.
  struct Resolved {
    var entry: DatasetEntry
    /// What to read: the test split where the folder of the set was given.
    var data: String
    /// [classes], in the order of the classes' indices; nil where they are given otherwise.
    var labels: [String]?
    /// Captions with {} for the label; nil where they are given otherwise.
    var templates: [String]?
    var metric: DatasetMetric
  }

  /// What --dataset means for classification; nil without it.
  ///
  /// - Parameters:
  ///   - data: The folder of the set, that of its test split, or shards, a table or JSON lines of this split.
  ///   - hasLabels: Labels are given otherwise; the class file is not read.
  ///   - hasTemplates: Templates are given otherwise; the template file is not read.
  /// - Throws: `DatasetError` for an unknown name or a class file that cannot be read, `Failure` for a set without classes, a
  ///   file that is not among the assets, or data that do not lie as the registry says.
  func resolve(data: String, hasLabels: Bool, hasTemplates: Bool) throws -> Resolved? {
    guard let name else { return nil }
    let entry = try DatasetRegistry.builtIn().entry(named: name)
    guard entry.kind != .retrieval, let split = entry.split(named: "test") else {
      throw Failure(
        "--dataset", "\(entry.name) has captions, no classes: clipgraph evaluate retrieval F.onnx --data captions.csv")
    }
    let names = hasLabels ? nil : try classNames(entry)
    let path = try located(data, entry, split, names)
    var labels = names
    if !hasLabels, entry.layout.kind == .classFolders, Self.isClassFolder(path) {
      labels = try entry.labels(names, ofFoldersAt: path)
    } else if !hasLabels, names == nil {
      throw Failure("--dataset", "\(entry.name) has no file of class names; give them with --labels")
    }
    return Resolved(
      entry: entry, data: path, labels: labels, templates: hasTemplates ? nil : try templates(entry),
      metric: entry.metric)
  }

  /// The names of the class file; nil where the set has none.
  func classNames(_ entry: DatasetEntry) throws -> [String]? {
    guard let file = entry.classFile else { return nil }
    let names = try Labels.read(try asset(file, entry))
    if let classes = entry.classes, names.count != classes {
      throw Failure(
        "\(assets)/\(file)", "has \(names.count) labels, not the \(classes) of \(entry.name); fetch it again")
    }
    return names
  }

  private func templates(_ entry: DatasetEntry) throws -> [String] {
    guard let file = entry.templateFile else { return ["a photo of a {}."] }
    return try Labels.read(try asset(file, entry))
  }

  private func asset(_ file: String, _ entry: DatasetEntry) throws(Failure) -> String {
    let path = "\(assets)/\(file)"
    guard FileManager.default.fileExists(atPath: path) else {
      throw Failure(path, "is not there; run converter/fetch_assets, or name with --assets the folder that has it")
    }
    return path
  }

  /// The split beneath `data`, or `data` itself.
  private func located(
    _ data: String, _ entry: DatasetEntry, _ split: DatasetEntry.Split, _ names: [String]?
  ) throws(Failure) -> String {
    guard Self.isClassFolder(data) else { return data }
    let beneath = data + "/" + split.path
    let isWhole = entry.layout.kind == .table || entry.splits.contains { Self.exists(data + "/" + $0.path) }
    let problems =
      isWhole
      ? DatasetRegistry.layoutProblems(of: entry, at: data, split: split.name, classNames: names)
      : DatasetRegistry.layoutProblems(of: entry, split: split, inPlace: data, classNames: names)
    if problems.isEmpty { return isWhole ? beneath : data }
    throw Failure(
      data,
      "does not lie as \(entry.name) should: \(problems.joined(separator: "; ")); clipgraph datasets \(entry.name) tells how"
    )
  }

  private static func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

  /// A folder that is none of shards.
  private static func isClassFolder(_ path: String) -> Bool {
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: path) else { return false }
    return !names.contains { $0.hasSuffix(".tar") }
  }
}
