import Datasets

/// A data set of the registry in words.
struct DatasetDescription {
  var entry: DatasetEntry

  init(_ entry: DatasetEntry) { self.entry = entry }

  var lines: [String] {
    var table = TextTable([.left, .left, .left])
    func add(_ name: String, _ text: String) { table.add("", name, text) }
    add("kind", entry.kind.rawValue + (entry.classes.map { ", \(Quantity.count($0)) classes" } ?? ""))
    add("metric", entry.metric.title)
    if entry.kind != .retrieval {
      add("labels", entry.classFile.map(asset) ?? (isFolders ? "the folders' names" : "your own, with --labels"))
      add("templates", entry.templateFile.map(asset) ?? "your own, or: a photo of a {}.")
    }
    for split in entry.splits {
      let samples = split.samples.map { ", \(Quantity.count($0)) pictures" } ?? ""
      add(split.name, "DIR/\(split.path)\(isFolders ? "/CLASS/PICTURE" : "")\(samples)")
    }
    add("layout", layout)
    add("from", entry.url)
    add("licence", entry.license)
    if let notes = entry.notes { add("notes", notes) }
    return ["\(entry.name): \(entry.title)"] + table.lines
  }

  private var isFolders: Bool { entry.layout.kind == .classFolders }

  private func asset(_ file: String) -> String { "\(file), of converter/fetch_assets" }

  private var layout: String {
    guard isFolders else {
      return "a table with the columns \((entry.layout.columns ?? []).joined(separator: ", ")), a row for each; "
        + "paths are meant from its folder"
    }
    return switch entry.layout.folders ?? .names {
    case .names: "a folder for each class, with its name"
    case .numbers: "a folder for each class, with consecutive numbers in the order of the labels"
    case .ordered: "a folder for each class, with names that sort in the order of the labels"
    }
  }
}
