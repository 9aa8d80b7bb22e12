import Foundation

/// The standard data sets by name: the paper's 27 sets for probes, the seven natural shifts, Flickr30k and COCO.
public struct DatasetRegistry: Sendable {
  /// As the file has them.
  public let entries: [DatasetEntry]

  /// The registry that is built into the library: `models/datasets.json`.
  ///
  /// - Throws: `DatasetError` where that file is not sound.
  public static func builtIn() throws(DatasetError) -> DatasetRegistry {
    try DatasetRegistry(json: PackageResources.datasets_json, place: "models/datasets.json")
  }

  /// Reads `{"datasets": [entry…]}`, each as `DatasetEntry` has it.
  ///
  /// - Parameters:
  ///   - json: UTF-8.
  ///   - place: What it is called in errors.
  /// - Throws: `DatasetError` for what is no JSON, a field that is unknown, lacking or of another type, a kind, metric or
  ///   layout that is unknown, and a name that occurs twice.
  public init(json: [UInt8], place: String) throws(DatasetError) {
    guard let file = (try? JSONSerialization.jsonObject(with: Data(json))) as? [String: Any],
      let objects = file["datasets"] as? [[String: Any]], file.count == 1
    else { throw DatasetError(place, "is no JSON object of one list, datasets") }
    var entries: [DatasetEntry] = []
    for (index, object) in objects.enumerated() {
      let name = object["name"] as? String ?? "number \(index + 1)"
      let entry = try Self.entry(object, "\(place): \(name)")
      if entries.contains(where: { $0.name == entry.name }) {
        throw DatasetError(place, "has two data sets named \(entry.name); name one otherwise")
      }
      entries.append(entry)
    }
    self.entries = entries
  }

  private static func entry(_ object: [String: Any], _ place: String) throws(DatasetError) -> DatasetEntry {
    try refuseUnknown(object, DatasetEntry.CodingKeys.allCases.map(\.rawValue), place)
    if let layout = object["layout"] as? [String: Any] {
      try refuseUnknown(layout, DatasetEntry.Layout.CodingKeys.allCases.map(\.rawValue), place + ": layout")
    }
    for split in object["splits"] as? [[String: Any]] ?? [] {
      try refuseUnknown(split, DatasetEntry.Split.CodingKeys.allCases.map(\.rawValue), place + ": splits")
    }
    let entry: DatasetEntry
    do {
      entry = try JSONDecoder().decode(DatasetEntry.self, from: try JSONSerialization.data(withJSONObject: object))
    } catch let error as DecodingError {
      throw DatasetError(place, error.explanation)
    } catch {
      throw DatasetError(place, "\(error)")
    }
    if let complaint = entry.complaint { throw DatasetError(place, complaint) }
    return entry
  }

  private static func refuseUnknown(_ object: [String: Any], _ known: [String], _ place: String) throws(DatasetError) {
    let unknown = object.keys.filter { !known.contains($0) }.sorted()
    if !unknown.isEmpty {
      throw DatasetError(
        place,
        "has unknown fields: \(unknown.joined(separator: ", ")); known are \(known.sorted().joined(separator: ", "))")
    }
  }

  /// The data set of a name; case, hyphens and underscores do not count.
  ///
  /// - Throws: `DatasetError` for a name that is unknown, with the names that are like it, or all of them.
  public func entry(named name: String) throws(DatasetError) -> DatasetEntry {
    if let entry = entries.first(where: { $0.name.folded == name.folded }) { return entry }
    let similar = entries.map(\.name).filter { $0.isSimilar(to: name) }
    throw DatasetError(
      name,
      "is no data set that is known; "
        + (similar.isEmpty
          ? "those that are: \(entries.map(\.name).joined(separator: ", "))"
          : "did you mean \(similar.joined(separator: " or "))?"))
  }
}

extension String {
  fileprivate var folded: String { lowercased().filter { $0.isLetter || $0.isNumber } }

  /// Whether one begins with the other, or few letters tell them apart.
  fileprivate func isSimilar(to name: String) -> Bool {
    let (own, other) = (folded, name.folded)
    if other.count > 64 || other.isEmpty { return false }
    return own.hasPrefix(other) || other.hasPrefix(own) || own.distance(to: other) <= max(1, own.count / 4)
  }

  /// Levenshtein's: how many letters are put in, left out or exchanged.
  private func distance(to other: String) -> Int {
    let letters = Array(other)
    var row = Array(0...letters.count)
    for (line, letter) in enumerated() {
      var diagonal = row[0]
      row[0] = line + 1
      for (column, candidate) in letters.enumerated() {
        let exchanged = diagonal + (letter == candidate ? 0 : 1)
        diagonal = row[column + 1]
        row[column + 1] = Swift.min(exchanged, diagonal + 1, row[column] + 1)
      }
    }
    return row[letters.count]
  }
}

extension DecodingError {
  fileprivate var explanation: String {
    func path(_ context: Context) -> String { context.codingPath.map(\.stringValue).joined(separator: ".") }
    return switch self {
    case .keyNotFound(let key, _): "lacks the field \(key.stringValue)"
    case .typeMismatch(_, let context), .valueNotFound(_, let context):
      "the field \(path(context)) has the wrong type"
    case .dataCorrupted(let context): "the field \(path(context)) has an unknown value: \(context.debugDescription)"
    @unknown default: "cannot be decoded"
    }
  }
}
