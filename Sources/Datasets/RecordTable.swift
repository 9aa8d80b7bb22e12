import Foundation

/// All columns of a table: CSV or TSV with a header line, or JSON lines, whose columns are the keys.
public struct RecordTable: Sendable {
  public struct Row: Hashable, Sendable {
    /// The line of the file that it begins on, from 1.
    public var line: Int
    /// [columns]; a key that a JSON line lacks is empty.
    public var fields: [String]
  }

  public let path: String
  public let columns: [String]
  public let rows: [Row]

  /// - Parameters:
  ///   - path: JSON lines where it ends in `.jsonl` or `.ndjson`, else a table.
  ///   - separator: what parts columns; nil for what the header has more of, tabs or commas.
  /// - Throws: `DatasetError` for a file that cannot be read, a row of another width than the header, a line that is no JSON
  ///   object, a column named twice, or a table without a row.
  public init(contentsOf path: String, separator: Character? = nil) throws(DatasetError) {
    let text = try DataSource.text(path)
    let ending = path.lowercased().split(separator: ".").last
    let isJSON = ending == "jsonl" || ending == "ndjson"
    self.path = path
    (columns, rows) = isJSON ? try Self.objects(text, path) : try Self.records(text, path, separator)
    for (index, column) in columns.enumerated() where columns[..<index].contains(column) {
      throw DatasetError(path, "has two columns \(column)")
    }
    if rows.isEmpty { throw DatasetError(path, "holds no row") }
  }

  /// The place of a column.
  ///
  /// - Throws: `DatasetError` where there is none of that name.
  public func column(_ name: String) throws(DatasetError) -> Int {
    guard let index = columns.firstIndex(of: name) else {
      throw DatasetError(path, "has no column \(name); its columns are \(columns.joined(separator: ", "))")
    }
    return index
  }

  /// The paths of the rows' pictures; relative ones are meant from the table's folder.
  ///
  /// - Parameter column: their column; nil for the first that is there of the usual names.
  /// - Throws: `DatasetError` where there is no such column.
  public func picturePaths(_ column: String? = nil) throws(DatasetError) -> [String] {
    let usual = DataSource.Options.imageKeys + ["file"]
    guard let name = column ?? usual.first(where: columns.contains) else {
      throw DatasetError(
        path, "its columns are \(columns.joined(separator: ", ")): say which is the picture's path (--csv-img-key)")
    }
    let index = try self.column(name)
    return rows.map { DataSource.resolved($0.fields[index], beside: path) }
  }

  private static func records(
    _ text: String, _ path: String, _ separator: Character?
  ) throws(DatasetError) -> ([String], [Row]) {
    var (columns, rows, failure) = ([String](), [Row](), DatasetError?.none)
    DataTable.records(text, separator ?? DataTable.separator(of: text)) { line, fields in
      if columns.isEmpty {
        columns = fields
      } else if fields.count == columns.count {
        rows.append(Row(line: line, fields: fields))
      } else {
        failure = DatasetError("\(path):\(line)", "has \(fields.count) fields, but the first line has \(columns.count)")
      }
      return failure == nil
    }
    if let failure { throw failure }
    return (columns, rows)
  }

  private static func objects(_ text: String, _ path: String) throws(DatasetError) -> ([String], [Row]) {
    var objects: [(line: Int, fields: [String: Any])] = []
    for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated()
    where !line.allSatisfy(\.isWhitespace) {
      guard let object = (try? JSONSerialization.jsonObject(with: Data(line.utf8))) as? [String: Any] else {
        throw DatasetError("\(path):\(index + 1)", "is no JSON object")
      }
      objects.append((index + 1, object))
    }
    let columns = Set(objects.flatMap(\.fields.keys)).sorted()
    let rows = objects.map { object in
      Row(
        line: object.line,
        fields: columns.map { key in
          object.fields[key].map { ($0 as? String) ?? ($0 as? NSNumber)?.stringValue ?? "" } ?? ""
        })
    }
    return (columns, rows)
  }
}
