import Datasets
import Foundation

/// Accuracies of standard models on a reference set and under shifts, out of a table.
public struct RobustnessBaselines: Hashable, Sendable {
  /// [set: models].
  public let points: [String: [RobustnessFit.Point]]
  /// Where they come from.
  public let path: String

  /// The columns that the table must have.
  public static let columns = ["model", "set", "reference_accuracy", "shifted_accuracy"]

  /// - Parameter path: a table (CSV, TSV) or JSON lines with `columns`; accuracies in (0, 1). Further columns are skipped.
  /// - Throws: `EvaluationError` for a file that cannot be read, a column that is missing, an accuracy that is no number or has
  ///   no logit, or a model that a set has twice.
  public init(contentsOf path: String) throws(EvaluationError) {
    let table: RecordTable
    var places: [Int] = []
    do throws(DatasetError) {
      table = try RecordTable(contentsOf: path)
      for column in RobustnessBaselines.columns { places.append(try table.column(column)) }
    } catch { throw EvaluationError(error) }
    var points: [String: [RobustnessFit.Point]] = [:]
    var known: Set<[String]> = []
    for row in table.rows {
      let place = "\(path):\(row.line)"
      let fields = places.map { row.fields[$0].trimmingCharacters(in: .whitespaces) }
      guard known.insert([fields[0], fields[1]]).inserted else {
        throw EvaluationError(place, "has \(fields[0]) on \(fields[1]) again; give each model once for a set")
      }
      guard let reference = Double(fields[2]), let shifted = Double(fields[3]) else {
        throw EvaluationError(place, "has the accuracies “\(fields[2])” and “\(fields[3])”, which are not both numbers")
      }
      for accuracy in [reference, shifted] { try RobustnessFit.check(accuracy, place) }
      points[fields[1], default: []].append(.init(reference: reference, shifted: shifted))
    }
    (self.points, self.path) = (points, path)
  }

  /// The line through the models of a set.
  ///
  /// - Throws: `EvaluationError` where the set has fewer than two models, or all have the same reference accuracy.
  public func fit(_ set: String) throws(EvaluationError) -> RobustnessFit {
    do throws(EvaluationError) { return try RobustnessFit(points[set] ?? []) } catch {
      throw EvaluationError(path, "for the set \(set), \(error.message)")
    }
  }
}
