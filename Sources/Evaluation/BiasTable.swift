import Datasets

/// Pictures and the groups that a table puts them into.
public struct BiasTable: Sendable {
  /// One sample a row; its label is the row's index, its caption empty.
  public let pictures: SampleList
  /// [columns], in the order asked for.
  public let groups: [BiasGroups]

  /// - Parameters:
  ///   - path: a table (CSV, TSV) or JSON lines. Captions are not needed.
  ///   - columns: the columns whose values are groups.
  ///   - imageColumn: that of the pictures' paths; nil for the first that is there of the usual names.
  ///   - separator: what parts columns; nil for what the header has more of, tabs or commas.
  /// - Throws: `EvaluationError` for a file that cannot be read, a column that is missing, an empty group, or a column with
  ///   fewer than two groups.
  public init(
    contentsOf path: String, columns: [String], imageColumn: String? = nil, separator: Character? = nil
  ) throws(EvaluationError) {
    let table: RecordTable
    let paths: [String]
    var places: [Int] = []
    do throws(DatasetError) {
      table = try RecordTable(contentsOf: path, separator: separator)
      paths = try table.picturePaths(imageColumn)
      for column in columns { places.append(try table.column(column)) }
    } catch { throw EvaluationError(error) }
    let lines = table.rows.map { "\(path):\($0.line)" }
    var groups: [BiasGroups] = []
    for (column, place) in zip(columns, places) {
      groups.append(try BiasGroups(column: column, values: table.rows.map { $0.fields[place] }, places: lines))
    }
    self.groups = groups
    pictures = SampleList(
      name: path,
      rows: paths.enumerated().map { SampleList.Row(path: $1, captions: [""], classes: ClassLabels(present: [$0])) })
  }
}
