import Foundation

/// One JSON object a line: a path, and a caption or a list of captions.
enum JSONLines {
  static func rows(_ path: String, _ options: DataSource.Options) throws(DatasetError) -> [SampleList.Row] {
    var rows: [SampleList.Row] = []
    let names = options.names
    let lines = try DataSource.text(path).utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    for (number, line) in lines.enumerated() where !line.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0d }) {
      let place = "\(path):\(number + 1)"
      guard let object = (try? JSONSerialization.jsonObject(with: Data(line))) as? [String: Any] else {
        throw DatasetError(place, "is no JSON object")
      }
      func value(_ wanted: String?, _ usual: [String]) -> Any? {
        (wanted.map { [$0] } ?? usual).lazy.compactMap { object[$0] }.first
      }
      guard let image = value(options.imageKey, DataSource.Options.imageKeys) as? String else {
        throw DatasetError(place, "names no picture; its keys are \(object.keys.sorted().joined(separator: ", "))")
      }
      let caption = value(options.captionKey, DataSource.Options.captionKeys)
      let captions = caption as? [String] ?? (caption as? String).map { [$0] } ?? []
      var row = SampleList.Row(path: DataSource.resolved(image, beside: path), captions: captions)
      if let names, let label = value(options.labelKey, DataSource.Options.labelKeys) {
        let parts = (label as? [Any] ?? [label]).map { "\($0)" }
        row.classes = try ClassLabels(cell: parts.joined(separator: "|"), names: names, place: place)
      }
      rows.append(row)
    }
    return rows
  }
}
