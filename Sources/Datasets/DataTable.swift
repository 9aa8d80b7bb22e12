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
    let header = text.utf8.prefix { $0 != lineFeed && $0 != carriageReturn }
    let (tabs, commas) = (header.count { $0 == UInt8(ascii: "\t") }, header.count { $0 == UInt8(ascii: ",") })
    return tabs > 0 && tabs >= commas ? "\t" : ","
  }

  private static func column(_ wanted: String?, _ usual: [String], _ fields: [String]) -> Int? {
    for name in wanted.map({ [$0] }) ?? usual {
      if let index = fields.firstIndex(of: name) { return index }
    }
    return nil
  }

  private static let (lineFeed, carriageReturn, quote) = (UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: "\""))

  /// Hands every record with the line that it begins on to `body` until that says false. Lines end with LF, CR LF or CR; empty
  /// ones are no records.
  static func records(_ text: String, _ separator: Character, _ body: (Int, [String]) -> Bool) {
    let separator = Array(String(separator).utf8)
    var text = text
    text.withUTF8 { bytes in
      var fields: [String] = []
      var field: [UInt8] = []
      var (line, start) = (1, 1)
      var (isQuoted, wasQuoted) = (false, false)
      func endField() {
        fields.append(String(decoding: field, as: UTF8.self))
        field.removeAll(keepingCapacity: true)
        wasQuoted = false
      }
      /// A record ends: true to go on.
      func endRecord() -> Bool {
        if fields.isEmpty, field.isEmpty, !wasQuoted { return true }
        endField()
        defer { fields = [] }
        return body(start, fields)
      }
      var index = 0
      while index < bytes.count {
        let byte = bytes[index]
        index += 1
        // CR LF ends a line once, with its LF.
        let precedesLineFeed = index < bytes.count && bytes[index] == lineFeed
        let endsLine = byte == lineFeed || (byte == carriageReturn && !precedesLineFeed)
        if endsLine { line += 1 }
        if isQuoted {
          if byte != quote {
            field.append(byte)
          } else if index < bytes.count, bytes[index] == quote {
            field.append(byte)
            index += 1
          } else {
            isQuoted = false
          }
        } else if byte == quote, field.isEmpty, !wasQuoted {
          (isQuoted, wasQuoted) = (true, true)
        } else if byte == separator[0], bytes[(index - 1)...].starts(with: separator) {
          index += separator.count - 1
          endField()
        } else if endsLine {
          guard endRecord() else { return }
          start = line
        } else if byte != carriageReturn {
          field.append(byte)
        }
      }
      _ = endRecord()
    }
  }
}
