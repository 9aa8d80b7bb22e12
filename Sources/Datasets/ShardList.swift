import Foundation

/// The shards that a `--data` argument names.
public enum ShardList {
  /// Expands braces (`{00000..00099}`, `{a,b}`), `::` between several, and a folder into all of its `.tar` files (only the
  /// `train-` ones if there are any). A `*` matches within one file name.
  public static func expand(_ argument: String) throws(DatasetError) -> [String] {
    var paths: [String] = []
    for part in argument.components(separatedBy: "::") where !part.isEmpty {
      for path in try braces(part) { paths += try files(path) }
    }
    if paths.isEmpty { throw DatasetError(argument, "names no data: give a folder of .tar shards, or the shards") }
    return paths
  }

  private static func files(_ path: String) throws(DatasetError) -> [String] {
    var isDirectory: ObjCBool = false
    let manager = FileManager.default
    if manager.fileExists(atPath: path, isDirectory: &isDirectory) {
      guard isDirectory.boolValue else { return [path] }
      let names = ((try? manager.contentsOfDirectory(atPath: path)) ?? []).filter { $0.hasSuffix(".tar") }.sorted()
      if names.isEmpty { throw DatasetError(path, "is a folder without .tar shards") }
      let training = names.filter { $0.hasPrefix("train") }
      return (training.isEmpty ? names : training).map { path + "/" + $0 }
    }
    let (folder, name) = pathParts(path)
    guard name.contains("*") else { throw DatasetError(path, "does not exist") }
    let names = ((try? manager.contentsOfDirectory(atPath: folder.isEmpty ? "." : folder)) ?? []).sorted()
    let found = names.filter { matches(Array($0.utf8)[...], Array(name.utf8)[...]) }
    if found.isEmpty { throw DatasetError(path, "matches no file") }
    return found.map { folder.isEmpty ? $0 : folder + "/" + $0 }
  }

  /// `*` stands for any run of bytes.
  private static func matches(_ name: ArraySlice<UInt8>, _ pattern: ArraySlice<UInt8>) -> Bool {
    var (name, pattern) = (name, pattern)
    var retry: (name: ArraySlice<UInt8>, pattern: ArraySlice<UInt8>)?
    while true {
      if let p = pattern.first, p == UInt8(ascii: "*") {
        pattern = pattern.dropFirst()
        retry = (name, pattern)
      } else if let n = name.first, n == pattern.first {
        (name, pattern) = (name.dropFirst(), pattern.dropFirst())
      } else if name.isEmpty && pattern.isEmpty {
        return true
      } else if let back = retry, !back.name.isEmpty {
        name = back.name.dropFirst()
        pattern = back.pattern
        retry = (name, pattern)
      } else {
        return false
      }
    }
  }

  private static let limit = 1_000_000

  private static func braces(_ text: String) throws(DatasetError) -> [String] {
    guard let open = text.firstIndex(of: "{"), let close = text[open...].firstIndex(of: "}") else { return [text] }
    let inside = String(text[text.index(after: open)..<close])
    var options = inside.components(separatedBy: ",")
    let ends = inside.components(separatedBy: "..")
    if ends.count == 2, let first = Int(ends[0]), let last = Int(ends[1]) {
      guard first <= last, last - first < limit else {
        throw DatasetError(text, "has an empty or endless range {\(inside)}")
      }
      options = (first...last).map { number in
        let digits = String(number)
        return String(repeating: "0", count: max(0, ends[0].count - digits.count)) + digits
      }
    }
    let tails = try braces(String(text[text.index(after: close)...]))
    guard options.count * tails.count <= limit else { throw DatasetError(text, "names more than \(limit) files") }
    return options.flatMap { option in tails.map { text[..<open] + option + $0 } }
  }
}
