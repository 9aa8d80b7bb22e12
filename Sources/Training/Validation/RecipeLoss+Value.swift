import Foundation
import TrainingGraphs

extension Recipe.Loss {
  /// The loss of logits [N][N], of which those on the diagonal belong to matching pairs, in double precision.
  func value(_ logits: [[Double]]) -> Double {
    let count = Double(logits.count)
    switch self {
    case .softmax:
      let columns = logits.indices.map { column in logits.map { $0[column] } }
      func mean(_ rows: [[Double]]) -> Double {
        rows.enumerated().reduce(0) { $0 + Self.logSumExp($1.element) - $1.element[$1.offset] } / count
      }
      return (mean(logits) + mean(columns)) / 2
    case .sigmoid:
      return logits.enumerated().reduce(0) { sum, row in
        row.element.enumerated().reduce(sum) { sum, cell in
          sum + Self.logSumExp([0, cell.offset == row.offset ? -cell.element : cell.element])
        }
      } / count
    }
  }

  private static func logSumExp(_ numbers: [Double]) -> Double {
    let peak = numbers.max() ?? 0
    return peak + log(numbers.reduce(0) { $0 + exp($1 - peak) })
  }
}
