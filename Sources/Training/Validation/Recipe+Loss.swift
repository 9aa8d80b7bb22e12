import Foundation
import TrainingGraphs

extension Recipe {
  /// The loss of logits [N][N] in double precision. Pictures and captions of one group [N] belong to each other.
  func loss(of logits: [[Double]], groups: [Int]) -> Double {
    let count = Double(logits.count)
    switch loss {
    case .softmax:
      let columns = logits.indices.map { column in logits.map { $0[column] } }
      func mean(_ rows: [[Double]]) -> Double {
        rows.enumerated().reduce(0) { sum, row in
          let positives = row.element.indices.filter { groups[$0] == groups[row.offset] }
          let target = positives.reduce(0) { $0 + row.element[$1] } / Double(positives.count)
          return sum + Self.logSumExp(row.element) - target
        } / count
      }
      return (mean(logits) + mean(columns)) / 2
    case .sigmoid:
      return logits.enumerated().reduce(0) { sum, row in
        row.element.enumerated().reduce(sum) { sum, cell in
          sum + Self.logSumExp([0, groups[cell.offset] == groups[row.offset] ? -cell.element : cell.element])
        }
      } / count
    }
  }

  private static func logSumExp(_ numbers: [Double]) -> Double {
    let peak = numbers.max() ?? 0
    return peak + log(numbers.reduce(0) { $0 + exp($1 - peak) })
  }
}
