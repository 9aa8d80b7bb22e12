/// The classes of one picture, by their indices.
public struct ClassLabels: Hashable, Sendable {
  /// The classes that it shows.
  public var present: [Int]
  /// The classes for which it does not count, as VOC's difficult objects.
  public var leftOut: [Int]

  public init(present: [Int], leftOut: [Int] = []) { (self.present, self.leftOut) = (present, leftOut) }

  /// Indices parted by white space or commas; `?7` leaves the picture out for class 7. nil for anything else.
  init?(indices text: String) {
    self.init(present: [])
    for word in text.split(whereSeparator: { $0.isWhitespace || $0 == "," }) {
      guard add(word, Int.init) else { return nil }
    }
  }

  /// Names or indices parted by `|`, each perhaps behind a `?`. An index is what is no name.
  ///
  /// - Throws: `DatasetError` at `place` for what is neither.
  init(cell text: String, names: [String: Int], place: String) throws(DatasetError) {
    self.init(present: [])
    for part in text.split(separator: "|") {
      let word = part.drop(while: \.isWhitespace)
      guard add(word, { names[$0] ?? Int($0) }) else {
        throw DatasetError(place, "is of class “\(word)”, which is neither a label (--labels) nor an index of one")
      }
    }
  }

  private mutating func add(_ word: Substring, _ index: (String) -> Int?) -> Bool {
    let isLeftOut = word.first == "?"
    var name = isLeftOut ? word.dropFirst() : word
    while name.last?.isWhitespace ?? false { name.removeLast() }
    guard let found = index(String(name)) else { return false }
    if isLeftOut { leftOut.append(found) } else { present.append(found) }
    return true
  }
}
