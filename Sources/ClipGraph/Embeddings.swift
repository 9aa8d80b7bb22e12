import Tensors

/// Rows of features, as a tower gives them.
public struct Embeddings: Sendable {
  public let rows: Int
  /// Width of the joint embedding.
  public let width: Int
  /// Row-major, [rows, width].
  public let values: [Float]

  /// `values.count` must be `rows · width`.
  public init(rows: Int, width: Int, values: [Float]) {
    precondition(values.count == rows * width, "values do not fill the rows")
    (self.rows, self.width, self.values) = (rows, width, values)
  }

  public subscript(row: Int) -> ArraySlice<Float> { values[row * width..<(row + 1) * width] }

  public var array: NDArray { NDArray(values, [rows, width]) }

  /// Every row divided by its Euclidean length; a row of zeros stays.
  public func normalised() -> Embeddings {
    var result = values
    for row in 0..<rows {
      let length = self[row].reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
      guard length > 0 else { continue }
      for index in row * width..<(row + 1) * width { result[index] = Float(Double(result[index]) / length) }
    }
    return Embeddings(rows: rows, width: width, values: result)
  }

  /// Inner products of all rows with all rows of `other`: [rows][other.rows]. Cosines, if both are normalised.
  public func similarities(to other: Embeddings) -> [[Float]] {
    (0..<rows).map { row in
      (0..<other.rows).map { column in
        Float(zip(self[row], other[column]).reduce(0.0) { $0 + Double($1.0) * Double($1.1) })
      }
    }
  }
}
