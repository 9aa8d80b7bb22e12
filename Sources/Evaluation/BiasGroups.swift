import Foundation

/// The groups that the values of a table's column make of its pictures.
public struct BiasGroups: Hashable, Sendable {
  /// The column's name.
  public let column: String
  /// The groups' names: the column's values, numbers in them by their size (3-9 before 10-19).
  public let names: [String]
  /// [pictures]: the index of its group.
  public let groupOfPicture: [Int]

  /// - Parameters:
  ///   - values: [pictures].
  ///   - places: [pictures]: where each value comes from, for errors.
  /// - Throws: `EvaluationError` for an empty value, or fewer than two groups.
  public init(column: String, values: [String], places: [String]) throws(EvaluationError) {
    let values = values.map { $0.trimmingCharacters(in: .whitespaces) }
    for (value, place) in zip(values, places) where value.isEmpty {
      throw EvaluationError(place, "names no group in the column \(column)")
    }
    let names = Set(values).sorted {
      let order = $0.compare($1, options: .numeric)
      return order == .orderedSame ? $0 < $1 : order == .orderedAscending
    }
    guard names.count >= 2 else {
      throw EvaluationError(
        "column \(column)", "has \(names.first.map { "only the group \($0)" } ?? "no group"); disparities need two")
    }
    let indices = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, $0) })
    (self.column, self.names) = (column, names)
    groupOfPicture = values.map { indices[$0] ?? 0 }
  }

  /// Values of pictures by group: [groups][pictures of the group].
  func split(_ values: [Bool]) -> [[Bool]] {
    var groups = [[Bool]](repeating: [], count: names.count)
    for (value, group) in zip(values, groupOfPicture) { groups[group].append(value) }
    return groups
  }
}
