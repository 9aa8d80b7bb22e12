import Foundation

extension DatasetRegistry {
  /// What is missing or wrong beneath the folder of a data set.
  ///
  /// - Parameters:
  ///   - entry: The data set.
  ///   - folder: Where its splits lie.
  ///   - split: The name of one split; nil for all.
  ///   - classNames: [classes], as the class file has them, to name the folders that lack; nil to count them only.
  /// - Returns: One line for each problem, at most five, and then one with the number of the others; none where all is right.
  public static func layoutProblems(
    of entry: DatasetEntry, at folder: String, split: String? = nil, classNames: [String]? = nil
  ) -> [String] {
    guard isFolder(folder) else { return ["\(folder) is no folder"] }
    let splits = entry.splits.filter { split == nil || $0.name == split }
    if splits.isEmpty {
      return ["\(entry.name) has no split \(split ?? ""), only \(entry.splits.map(\.name).joined(separator: ", "))"]
    }
    return shortened(splits.flatMap { problems(entry, $0, folder + "/" + $0.path, $0.path, classNames) })
  }

  /// What is missing or wrong in one split that lies at `path` itself, a folder of class folders or a table.
  public static func layoutProblems(
    of entry: DatasetEntry, split: DatasetEntry.Split, inPlace path: String, classNames: [String]? = nil
  ) -> [String] { shortened(problems(entry, split, path, path, classNames)) }

  private static func shortened(_ problems: [String]) -> [String] {
    problems.count <= 5 ? problems : problems.prefix(5) + ["and \(problems.count - 5) more"]
  }

  private static func isFolder(_ path: String) -> Bool {
    var isDirectory: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) && isDirectory.boolValue
  }

  /// - Parameter shown: What the path is called.
  private static func problems(
    _ entry: DatasetEntry, _ split: DatasetEntry.Split, _ path: String, _ shown: String, _ classNames: [String]?
  ) -> [String] {
    switch entry.layout.kind {
    case .classFolders: folderProblems(entry, path, shown, classNames)
    case .table: tableProblems(entry.layout.columns ?? [], path, shown)
    }
  }

  private static func folderProblems(
    _ entry: DatasetEntry, _ path: String, _ shown: String, _ classNames: [String]?
  ) -> [String] {
    let classes = entry.classes.map { "\($0) class folders" } ?? "a folder for each class"
    guard isFolder(path), let found = try? ClassFolders.classes(path) else {
      return ["the folder \(shown) is missing; it has \(classes)"]
    }
    var problems: [String] = []
    if classNames == nil, let wanted = entry.classes, found.count != wanted {
      problems.append("\(shown) has \(found.count) class folders, not \(wanted)")
    } else if found.isEmpty {
      problems.append("\(shown) has no class folder")
    }
    if !found.isEmpty, let problem = entry.folderProblem(found.map(\.name), classNames) {
      problems.append("\(shown) \(problem)")
    }
    let empty = found.filter { $0.files.allSatisfy { $0.hasPrefix(".") } }
    return problems + empty.map { "\(shown)/\($0.name) is empty; it should hold the pictures of a class" }
  }

  private static func tableProblems(_ columns: [String], _ path: String, _ shown: String) -> [String] {
    let wanted = columns.joined(separator: ", ")
    guard FileManager.default.fileExists(atPath: path), !isFolder(path) else {
      return ["the file \(shown) is missing; it is a table with the columns \(wanted)"]
    }
    let text: String
    do { text = try DataSource.text(path) } catch { return [error.description] }
    let separator: Character = text.prefix { !$0.isNewline }.contains("\t") ? "\t" : ","
    var header: [String]?
    var rows = 0
    var absent: [String] = []
    DataTable.records(text, separator) { _, fields in
      guard let names = header else {
        header = fields
        return true
      }
      rows += 1
      if let column = names.firstIndex(of: columns.first ?? ""), column < fields.count,
        !FileManager.default.fileExists(atPath: DataSource.resolved(fields[column], beside: path))
      {
        absent.append(fields[column])
      }
      return true
    }
    var problems: [String] = []
    let lacking = columns.filter { !(header ?? []).contains($0) }
    if !lacking.isEmpty {
      problems.append(
        "\(shown) lacks the column \(lacking.joined(separator: ", ")); its first line is \((header ?? []).joined(separator: ", "))"
      )
    }
    if rows == 0 { problems.append("\(shown) has no row") }
    if !absent.isEmpty { problems.append("\(shown) names pictures that are not there: \(listed(absent))") }
    return problems
  }
}
