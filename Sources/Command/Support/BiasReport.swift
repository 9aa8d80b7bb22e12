import ClipGraph
import Evaluation

/// What `evaluate bias` tells.
struct BiasReport: Encodable {
  struct Group: Encodable {
    var group: String
    var share: WilsonInterval
    /// Whether it has too few pictures to say much.
    var isSmall: Bool

    enum CodingKeys: String, CodingKey {
      case group, share
      case isSmall = "small"
    }
  }

  struct Category: Encodable {
    var category: String
    var groups: [Group]
    var difference: BootstrapInterval
    var ratio: BiasDisparity.Ratio
  }

  struct Column: Encodable {
    var column: String
    var categories: [Category]
  }

  struct Part: Encodable {
    /// nil where pictures get the most probable label.
    var threshold: Double?
    var leftOut: [String]
    var columns: [Column]

    enum CodingKeys: String, CodingKey {
      case threshold, columns
      case leftOut = "left_out"
    }
  }

  var pictures: Int
  var labels: Int
  var results: [Part]
  var note = BiasReport.note
  var assumptions: [Assumption]?

  static let note = [
    "Groups and labels are the table's, as others perceived them, not what people say of themselves; the shares depend on the "
      + "categories, the labels' words and the templates.",
    "Equal shares are no evidence of fairness: they hold for these pictures and this task alone. The greatest difference over "
      + "groups is above 0 by chance, too, the more so the smaller the groups.",
  ]

  init(_ results: [BiasResult], pictures: Int, labels: Int, _ assumptions: [Assumption]) {
    (self.pictures, self.labels) = (pictures, labels)
    self.assumptions = assumptions.isEmpty ? nil : assumptions
    self.results = results.map { result in
      var threshold: Double?
      if case .threshold(let value) = result.rule { threshold = value }
      return Part(
        threshold: threshold, leftOut: result.leftOut,
        columns: result.columns.map { column in
          Column(
            column: column.groups.column,
            categories: zip(result.categories, column.disparities).map { category, disparity in
              Category(
                category: category,
                groups: zip(column.groups.names, disparity.shares).map { name, share in
                  Group(group: name, share: share, isSmall: share.examples < BiasDisparity.smallGroup)
                }, difference: disparity.difference, ratio: disparity.ratio)
            })
        })
    }
  }

  var lines: [String] {
    var lines = ["\(pictures) pictures, \(labels) labels; shares of pictures by category, with intervals of 95 %"]
    for result in results {
      let rule = result.threshold.map { "labels with a probability of \(Quantity.significant($0)) or more" }
      lines += ["", (rule ?? "the most probable label") + without(result.leftOut)]
      for column in result.columns { lines += self.lines(column) }
    }
    if results.contains(where: {
      $0.columns.contains { $0.categories.contains { $0.groups.contains(where: \.isSmall) } }
    }) {
      lines += ["", "* fewer than \(BiasDisparity.smallGroup) pictures: too few to say much of the group"]
    }
    return lines + [""] + note
  }

  private func without(_ categories: [String]) -> String {
    categories.isEmpty ? "" : ", without " + categories.joined(separator: ", ")
  }

  /// A row a group, a column a category, and the disparities beneath.
  private func lines(_ column: Column) -> [String] {
    guard let first = column.categories.first else { return [] }
    var rows = [[column.column, "pictures"] + column.categories.map(\.category)]
    for (index, group) in first.groups.enumerated() {
      rows.append(
        [group.group, "\(group.share.examples)\(group.isSmall ? "*" : "")"]
          + column.categories.map { category in
            let share = category.groups[index].share
            return "\(Quantity.percent(share.estimate)) (\(points(share.lower)) to \(points(share.upper)))"
          })
    }
    rows.append(
      ["max − min, points", ""]
        + column.categories.map { category in
          let value = category.difference
          return "\(points(value.estimate)) (\(points(value.lower)) to \(points(value.upper)))"
        })
    rows.append(
      ["max ÷ min", ""]
        + column.categories.map { category in
          let value = category.ratio
          return "\(times(value.estimate)) (\(times(value.lower)) to \(times(value.upper)))"
        })
    var table = TextTable([.left] + rows[0].dropFirst().map { _ in .right })
    for row in rows { table.add(row) }
    return table.lines
  }

  private func points(_ share: Double) -> String { Quantity.decimal(100 * share, 1) }

  private func times(_ ratio: Double?) -> String { ratio.map { Quantity.decimal($0, 2) } ?? "–" }
}
