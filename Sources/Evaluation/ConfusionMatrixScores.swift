/// Rows of scores, [examples, classes], row-major, none of which is NaN.
struct ConfusionMatrixScores {
  /// Number of rows.
  let count: Int
  private let columns: Int
  private let values: [Float]

  /// - Parameter name: what errors name as their place.
  init(_ values: [Float], columns: Int, name: String) throws(EvaluationError) {
    guard columns >= 1 else { throw EvaluationError(name, "there are \(columns) classes; there must be 1 at least") }
    guard !values.isEmpty else { throw EvaluationError(name, "there are no examples") }
    guard values.count % columns == 0 else {
      throw EvaluationError(name, "\(values.count) scores do not fill rows of \(columns) classes")
    }
    if let place = values.firstIndex(where: \.isNaN) {
      throw EvaluationError(
        name, "the score of example \(place / columns) for class \(place % columns) is not a number")
    }
    (self.values, self.columns, count) = (values, columns, values.count / columns)
  }

  subscript(row: Int) -> ArraySlice<Float> { values[row * columns..<(row + 1) * columns] }

  /// The class with the greatest score of a row; of equal scores, the first.
  func best(_ row: Int) -> Int {
    let first = row * columns
    return (0..<columns).reduce(0) { values[first + $1] > values[first + $0] ? $1 : $0 }
  }

  /// Throws unless there is one label for every row, each a class.
  func check(labels: [Int], name: String) throws(EvaluationError) {
    guard labels.count == count else {
      throw EvaluationError(name, "there are scores of \(count) examples, but \(labels.count) labels")
    }
    for (example, label) in labels.enumerated() where !(0..<columns).contains(label) {
      throw EvaluationError(name, "example \(example) is of class \(label), but there are only \(columns) classes")
    }
  }
}
