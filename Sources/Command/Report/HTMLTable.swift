/// A table with a row of headings; the first column names the rows.
struct HTMLTable {
  struct Column {
    var name: String
    var isNumber: Bool

    static func text(_ name: String) -> Column { Column(name: name, isNumber: false) }
    static func number(_ name: String) -> Column { Column(name: name, isNumber: true) }
  }

  /// Words above the table; empty for none.
  var caption = ""
  var columns: [Column]
  /// A cell for every column; those that are missing are empty.
  var rows: [[String]] = []

  var html: String {
    guard !rows.isEmpty else { return "<p class=\"muted\">There are no rows.</p>\n" }
    let words = caption.isEmpty ? "" : "<caption>\(HTMLEscape.text(caption))</caption>\n"
    let heads = columns.map { "<th scope=\"col\"\(Self.style($0))>\(HTMLEscape.text($0.name))</th>" }.joined()
    let body = rows.map { "<tr>\(markup($0))</tr>\n" }.joined()
    return "<div class=\"wide\" tabindex=\"0\">\n<table>\n\(words)<thead>\n<tr>\(heads)</tr>\n</thead>\n"
      + "<tbody>\n\(body)</tbody>\n</table>\n</div>\n"
  }

  private func markup(_ row: [String]) -> String {
    columns.enumerated().map { index, column in
      let text = index < row.count ? HTMLEscape.text(row[index]) : ""
      return index == 0
        ? "<th scope=\"row\"\(Self.style(column))>\(text)</th>" : "<td\(Self.style(column))>\(text)</td>"
    }.joined()
  }

  private static func style(_ column: Column) -> String { column.isNumber ? " class=\"number\"" : " class=\"text\"" }
}
