/// A standard data set: how large it is, how it is measured, how it must lie on the disk, and where it comes from.
///
/// Sizes and metrics of the classification sets are those of Table 9 of Radford et al. 2021. What is not known for sure is nil.
public struct DatasetEntry: Codable, Hashable, Sendable {
  public enum Kind: String, Codable, CaseIterable, Hashable, Sendable {
    /// One of the 27 sets of the paper's linear probes.
    case classification
    /// One of the seven natural distribution shifts of ImageNet.
    case shift
    /// Pictures with captions.
    case retrieval
  }

  public struct Split: Codable, Hashable, Sendable {
    /// `train` or `test`.
    public var name: String
    /// What holds it, beneath the folder of the set: a folder, or a table.
    public var path: String
    /// How many pictures there are.
    public var samples: Int?

    enum CodingKeys: String, CodingKey, CaseIterable { case name, path, samples }
  }

  public struct Layout: Codable, Hashable, Sendable {
    public enum Kind: String, Codable, CaseIterable, Hashable, Sendable {
      /// A folder for each class, pictures inside.
      case classFolders = "class-folders"
      /// A table with a header line, a row a picture or caption; paths are meant from its folder.
      case table
    }

    /// How class folders are named.
    public enum Folders: String, Codable, CaseIterable, Hashable, Sendable {
      /// As the classes are; _ stands for a space, and case does not count.
      case names
      /// With consecutive numbers, in the order of the class file.
      case numbers
      /// So that they sort in the order of the class file.
      case ordered
    }

    public var kind: Kind
    /// nil for tables.
    public var folders: Folders?
    /// The columns of a table; nil for folders.
    public var columns: [String]?

    enum CodingKeys: String, CodingKey, CaseIterable { case kind, folders, columns }
  }

  /// What it is called on a command line: lower-case letters, digits and hyphens.
  public var name: String
  public var title: String
  public var kind: Kind
  public var classes: Int?
  public var splits: [Split]
  public var metric: DatasetMetric
  /// The file of its class names, one a line, among the assets; nil where the folders' names are the classes'.
  public var classFile: String?
  /// The file of its prompt templates, one a line, with {} for the class, among the assets.
  public var templateFile: String?
  public var layout: Layout
  /// Where to get it.
  public var url: String
  public var license: String
  public var notes: String?

  enum CodingKeys: String, CodingKey, CaseIterable {
    case name, title, kind, classes, splits, metric, layout, url, license, notes
    case classFile = "class_file"
    case templateFile = "template_file"
  }

  /// The split of a name; nil where there is none.
  public func split(named name: String) -> Split? { splits.first { $0.name == name } }
}

extension DatasetEntry {
  /// Why it makes no sense, if so.
  var complaint: String? {
    let letters = Set("abcdefghijklmnopqrstuvwxyz0123456789-")
    if name.isEmpty || !name.allSatisfy(letters.contains) {
      return "the name must be of lower-case letters, digits and hyphens"
    }
    if let classes, classes < 2 { return "classes is \(classes), fewer than 2" }
    if (kind == .retrieval) != (metric == .recall) { return "recall is the metric of retrieval, and of nothing else" }
    if splits.isEmpty || Set(splits.map(\.name)).count < splits.count { return "needs splits, each named once" }
    for split in splits {
      if let samples = split.samples, samples < 1 { return "split \(split.name) has \(samples) samples" }
      if !split.path.isPlainRelativePath { return "the path \"\(split.path)\" does not lie beneath the set's folder" }
    }
    for file in [classFile, templateFile].compactMap({ $0 }) where !file.isPlainRelativePath || file.contains("/") {
      return "\"\(file)\" is no name of a file"
    }
    switch layout.kind {
    case .classFolders where layout.folders == nil: return "layout needs folders: names, numbers or ordered"
    case .classFolders where layout.folders != .names && classFile == nil: return "such folders need a class_file"
    case .table where layout.columns?.isEmpty ?? true: return "layout needs columns"
    case .classFolders, .table: break
    }
    return url.hasPrefix("https://") || url.hasPrefix("http://") ? nil : "url is no address of a page"
  }
}

extension String {
  fileprivate var isPlainRelativePath: Bool {
    !isEmpty && split(separator: "/", omittingEmptySubsequences: false).allSatisfy { !$0.isEmpty && $0 != ".." }
  }
}
