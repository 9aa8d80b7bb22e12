/// Tables as spreadsheets write them (RFC 4180): fields in quotes may hold separators, line ends and doubled quotes.
enum DataTable {
  static func rows(_ path: String, _ options: DataSource.Options) throws(DatasetError) -> [SampleList.Row] {
    let text = try DataSource.text(path)
    let separator = options.separator ?? separator(of: text)
    var image: Int?
    var caption: Int?
    var label: Int?
    let names = options.names
    var width = 0
    var rows: [SampleList.Row] = []
    var failure: DatasetError?
    records(text, separator) { line, fields in
      if width == 0 {
        width = fields.count
        image = column(options.imageKey, DataSource.Options.imageKeys, fields)
        caption = column(options.captionKey, DataSource.Options.captionKeys, fields)
        if names != nil { label = column(options.labelKey, DataSource.Options.labelKeys, fields) }
        if names != nil, label == nil {
          failure = DatasetError(
            path,
            "its first line names the columns \(fields.joined(separator: ", ")): say which is the picture's class "
              + "(--csv-label-key)")
        } else if image == nil || caption == nil && label == nil {
          failure = DatasetError(
            path,
            "its first line names the columns \(fields.joined(separator: ", ")): say which is the picture's path and which the "
              + "caption (--csv-img-key, --csv-caption-key), and what parts them (--csv-separator)")
        }
        return failure == nil
      }
      if fields.count != width {
        failure = DatasetError("\(path):\(line)", "has \(fields.count) fields, but the first line has \(width)")
        return false
      }
      guard let image else { return false }
      var row = SampleList.Row(
        path: DataSource.resolved(fields[image], beside: path), captions: caption.map { [fields[$0]] } ?? [])
      do throws(DatasetError) {
        if let label, let names {
          row.classes = try ClassLabels(cell: fields[label], names: names, place: "\(path):\(line)")
        }
      } catch {
        failure = error
        return false
      }
      rows.append(row)
      return true
    }
    if let failure { throw failure }
    return rows
  }

  /// What parts columns, as the header line looks: tabs or commas, whichever it has more of.
  static func separator(of text: String) -> Character {
    let header = text.prefix { !$0.isNewline }
    return header.count { $0 == "\t" } >= header.count { $0 == "," } && header.contains("\t") ? "\t" : ","
  }

  private static func column(_ wanted: String?, _ usual: [String], _ fields: [String]) -> Int? {
    for name in wanted.map({ [$0] }) ?? usual {
      if let index = fields.firstIndex(of: name) { return index }
    }
    return nil
  }

  /// Hands every record with the line that it begins on to `body` until that says false. Empty lines are none.
  static func records(_ text: String, _ separator: Character, _ body: (Int, [String]) -> Bool) {
    var fields: [String] = []
    var field = ""
    var (line, start) = (1, 1)
    var isQuoted = false
    var wasQuoted = false
    /// A record ends: true to go on.
    func end() -> Bool {
      defer { (fields, field, wasQuoted) = ([], "", false) }
      if fields.isEmpty, field.isEmpty, !wasQuoted { return true }
      return body(start, fields + [field])
    }
    var index = text.startIndex
    while index < text.endIndex {
      let character = text[index]
      index = text.index(after: index)
      if character.isNewline { line += 1 }
      if isQuoted {
        if character != "\"" {
          field.append(character)
        } else if index < text.endIndex, text[index] == "\"" {
          field.append(character)
          index = text.index(after: index)
        } else {
          isQuoted = false
        }
      } else if character == "\"", field.isEmpty, !wasQuoted {
        (isQuoted, wasQuoted) = (true, true)
      } else if character == separator {
        fields.append(field)
        (field, wasQuoted) = ("", false)
      } else if character.isNewline {
        guard end() else { return }
        start = line
      } else {
        field.append(character)
      }
    }
    _ = end()
  }
}
