/// Features [rows, width], row-major, and their inner products in single precision.
///
/// A product is the sum of sixteen interleaved partial sums and of what is left over, always in the same order: the product
/// of two rows has the same bits wherever it is computed.
struct RetrievalFeatures {
  let rows: Int
  private let width: Int
  private let values: [Float]

  init(_ values: [Float], width: Int, name: String) throws(EvaluationError) {
    guard width >= 1 else { throw EvaluationError(name, "rows of width \(width) hold nothing") }
    guard !values.isEmpty else { throw EvaluationError(name, "there are none") }
    guard values.count % width == 0 else {
      throw EvaluationError(name, "\(values.count) numbers do not fill rows of width \(width)")
    }
    if let place = values.firstIndex(where: { !$0.isFinite }) {
      throw EvaluationError(name, "row \(place / width) holds \(values[place]), which is not a finite number")
    }
    (self.values, self.width, rows) = (values, width, values.count / width)
  }

  /// The inner product of a row with a row of `other`, which has the same width.
  func score(_ row: Int, _ other: RetrievalFeatures, _ otherRow: Int) -> Float {
    values.withUnsafeBufferPointer { a in
      other.values.withUnsafeBufferPointer { b in
        RetrievalFeatures.product(a, row * width, b, otherRow * width, width)
      }
    }
  }

  /// The inner products of a range of rows with all rows of `other`: [range, other.rows], row-major.
  func scores(_ range: Range<Int>, _ other: RetrievalFeatures) -> [Float] {
    var result = [Float](repeating: 0, count: range.count * other.rows)
    result.withUnsafeMutableBufferPointer { result in
      values.withUnsafeBufferPointer { a in
        other.values.withUnsafeBufferPointer { b in
          // A row of `other` stays in the cache for all rows of the range.
          for column in 0..<other.rows {
            for (line, row) in range.enumerated() {
              result[line * other.rows + column] = RetrievalFeatures.product(
                a, row * width, b, column * width, width)
            }
          }
        }
      }
    }
    return result
  }

  @inline(__always)
  private static func product(
    _ a: UnsafeBufferPointer<Float>, _ i: Int, _ b: UnsafeBufferPointer<Float>, _ j: Int, _ width: Int
  ) -> Float {
    var (sums, k) = (SIMD16<Float>.zero, 0)
    let (left, right) = (UnsafeRawBufferPointer(a), UnsafeRawBufferPointer(b))
    let size = MemoryLayout<Float>.stride
    while k + 16 <= width {
      sums +=
        left.loadUnaligned(fromByteOffset: (i + k) * size, as: SIMD16<Float>.self)
        * right.loadUnaligned(fromByteOffset: (j + k) * size, as: SIMD16<Float>.self)
      k += 16
    }
    var sum = sums.sum()
    while k < width {
      sum += a[i + k] * b[j + k]
      k += 1
    }
    return sum
  }
}
