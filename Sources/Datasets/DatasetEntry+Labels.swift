extension DatasetEntry {
  /// The labels of a folder with a folder for each class, in the order in which `DataSource` numbers the classes there.
  ///
  /// - Parameters:
  ///   - names: [classes], as the class file has them; nil where there is none, and the folders' names are the labels.
  ///   - path: The folder of one split.
  /// - Returns: One label for each folder, by the folders' names.
  /// - Throws: `DatasetError` for a folder that cannot be read, or folders whose names do not tell their classes.
  public func labels(_ names: [String]?, ofFoldersAt path: String) throws(DatasetError) -> [String] {
    let folders = try ClassFolders.classes(path).map(\.name)
    guard let names else { return folders.map { $0.replacing("_", with: " ") } }
    if let problem = folderProblem(folders, names) { throw DatasetError(path, problem) }
    switch layout.folders ?? .names {
    case .names:
      let places = Dictionary(zip(names.map(\.asFolder), names)) { first, _ in first }
      return folders.map { places[$0.asFolder] ?? $0 }
    case .numbers:
      let numbers = folders.map { Int($0) ?? 0 }
      let first = numbers.min() ?? 0
      return numbers.map { names[$0 - first] }
    case .ordered: return names
    }
  }

  /// Why the names of class folders do not tell which classes they are, if so.
  ///
  /// - Parameters:
  ///   - folders: The folders' names, sorted.
  ///   - names: [classes]; nil for a set whose class file is not at hand, or that has none.
  func folderProblem(_ folders: [String], _ names: [String]?) -> String? {
    if let names, names.count != folders.count {
      return "has \(folders.count) class folders, not \(names.count)" + missing(folders, names)
    }
    let numbers = folders.compactMap { Int($0) }
    switch layout.folders ?? .names {
    case .numbers:
      let sorted = numbers.sorted()
      guard let first = sorted.first, sorted.count == folders.count,
        sorted.enumerated().allSatisfy({ $0.element &- first == $0.offset })
      else { return "has class folders that are not named with consecutive numbers" }
    case .names:
      if let names, !missing(folders, names).isEmpty {
        return "has class folders that are not named after the classes" + missing(folders, names)
      }
    case .ordered:
      if folders.count > 1, numbers.count == folders.count {
        return "has class folders with numbers for names, which do not tell the classes"
      }
      guard let names else { return nil }
      let places = Dictionary(zip(names.map(\.asFolder), names.indices)) { first, _ in first }
      for (index, folder) in folders.enumerated() {
        guard let place = places[folder.asFolder], names[place].asFolder != names[index].asFolder else { continue }
        return "the class folder \(folder) is number \(index + 1) by name, but class \(place + 1) in \(classFile ?? "")"
      }
    }
    return nil
  }

  /// What folders lack, where they are named after the classes: at most five, and a count.
  private func missing(_ folders: [String], _ names: [String]) -> String {
    guard layout.folders == .names else { return "" }
    let present = Set(folders.map(\.asFolder))
    let lacking = names.filter { !present.contains($0.asFolder) }
    return lacking.isEmpty ? "" : "; no folder for " + listed(lacking)
  }
}

extension String {
  /// A class's name and its folder's are the same, but for case and underscores.
  fileprivate var asFolder: String { lowercased().replacing("_", with: " ") }
}

/// At most five of them, and how many more there are.
func listed(_ items: [String]) -> String {
  items.prefix(5).joined(separator: ", ") + (items.count > 5 ? " and \(items.count - 5) more" : "")
}
