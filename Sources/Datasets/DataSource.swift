import Foundation
import Tensors

/// Finds out what a `--data` argument names.
public enum DataSource {
  public enum Format: String, Sendable, CaseIterable {
    /// Tars in the WebDataset layout.
    case webdataset
    /// A table with a header line, a row a picture.
    case csv
    /// A JSON object a line.
    case jsonl
    /// A folder for each class.
    case folder
  }

  /// What samples are read for.
  public enum Purpose: Sendable {
    /// Samples without captions are incomplete; classes in tables are not read.
    case captions
    /// Captions may lack. The classes in tables and JSON lines are indices, or these names.
    case classes(names: [String])
  }

  public struct Options: Sendable {
    /// nil: as the argument looks.
    public var format: Format?
    /// The column, or key, of the picture's path; nil for the first that is there of the usual names.
    public var imageKey: String?
    /// The column, or key, of the caption; nil as above.
    public var captionKey: String?
    /// What parts columns; nil for what the header has more of, tabs or commas.
    public var separator: Character?
    /// The column, or key, of the classes; nil for the first that is there of the usual names. It counts where classes do.
    public var labelKey: String?
    /// Whether samples need captions or classes.
    public var purpose = Purpose.captions
    /// The caption of a picture in a class folder: {} is the class.
    public var template = "a photo of a {}."
    public init() {}

    static let imageKeys = ["filepath", "image", "path", "file_name", "filename", "image_path"]
    static let captionKeys = ["title", "caption", "captions", "text"]
    static let labelKeys = ["label", "labels", "class", "classes"]

    /// The indices of the classes' names, where classes are read.
    var names: [String: Int]? {
      guard case .classes(let names) = purpose else { return nil }
      return Dictionary(zip(names, names.indices)) { first, _ in first }
    }
  }

  /// - Parameter argument: shards as `ShardList` expands them, a table, a file of JSON lines, or a folder.
  /// - Throws: `DatasetError` for what is not there or holds no sample.
  public static func open(_ argument: String, _ options: Options = Options()) throws(DatasetError) -> any SampleSource {
    switch options.format ?? format(of: argument) {
    case .webdataset:
      return WebDataset(shards: try ShardList.expand(argument), needsCaptions: options.names == nil)
    case .csv: return try list(argument, try DataTable.rows(argument, options))
    case .jsonl: return try list(argument, try JSONLines.rows(argument, options))
    case .folder: return try list(argument, try ClassFolders.rows(argument, options))
    }
  }

  /// The names of the classes in the order of the samples' labels, where the data are a folder for each class; else nil.
  public static func classNames(_ argument: String, _ options: Options = Options()) throws(DatasetError) -> [String]? {
    guard (options.format ?? format(of: argument)) == .folder else { return nil }
    return try ClassFolders.classes(argument).map { $0.name.replacing("_", with: " ") }
  }

  private static func list(_ name: String, _ rows: [SampleList.Row]) throws(DatasetError) -> SampleList {
    if rows.isEmpty { throw DatasetError(name, "holds no picture with a caption") }
    return SampleList(name: pathParts(name).name, rows: rows)
  }

  private static func format(of argument: String) -> Format {
    let ending = argument.lowercased().split(separator: ".").last.map(String.init) ?? ""
    switch ending {
    case "csv", "tsv": return .csv
    case "jsonl", "ndjson": return .jsonl
    default: break
    }
    var isDirectory: ObjCBool = false
    let manager = FileManager.default
    guard manager.fileExists(atPath: argument, isDirectory: &isDirectory), isDirectory.boolValue,
      let names = try? manager.contentsOfDirectory(atPath: argument), !names.contains(where: { $0.hasSuffix(".tar") }),
      names.contains(where: { name in
        var isFolder: ObjCBool = false
        return manager.fileExists(atPath: argument + "/" + name, isDirectory: &isFolder) && isFolder.boolValue
      })
    else { return .webdataset }
    return .folder
  }

  /// A path in a list: relative ones are meant from the list's folder.
  static func resolved(_ path: String, beside list: String) -> String {
    let folder = pathParts(list).folder
    return path.hasPrefix("/") || folder.isEmpty ? path : folder + "/" + path
  }

  /// The text of a table or of JSON lines; invalid UTF-8 is replaced.
  static func text(_ path: String) throws(DatasetError) -> String {
    do { return try Storage.text(path) } catch { throw DatasetError(path, error.message) }
  }
}

/// A folder for each class, pictures inside.
enum ClassFolders {
  private static let endings: Set<String> = ["jpg", "jpeg", "png", "webp"]

  static func rows(_ folder: String, _ options: DataSource.Options) throws(DatasetError) -> [SampleList.Row] {
    guard options.template.contains("{}") else {
      throw DatasetError("--caption-template", "\"\(options.template)\" has no {} for the class")
    }
    var rows: [SampleList.Row] = []
    for (label, (name, files)) in try classes(folder).enumerated() {
      let caption = options.template.replacing("{}", with: name.replacing("_", with: " "))
      let pictures = files.filter { file in
        file.split(separator: ".").last.map { endings.contains($0.lowercased()) } ?? false
      }
      rows += pictures.sorted().map {
        SampleList.Row(path: "\(folder)/\(name)/\($0)", captions: [caption], classes: ClassLabels(present: [label]))
      }
    }
    return rows
  }

  /// The folders in `folder` by name, and the files in each.
  static func classes(_ folder: String) throws(DatasetError) -> [(name: String, files: [String])] {
    let manager = FileManager.default
    guard let names = try? manager.contentsOfDirectory(atPath: folder) else {
      throw DatasetError(folder, "is no folder that can be read")
    }
    return names.sorted().compactMap { name in
      guard !name.hasPrefix("."), let files = try? manager.contentsOfDirectory(atPath: folder + "/" + name) else {
        return nil
      }
      return (name, files)
    }
  }
}
