extension HTMLReport {
  /// One way of searching.
  struct RetrievalDirection {
    /// Such as “picture → caption”.
    var name: String
    /// How often a right one was among the best k.
    var recalls: [(k: Int, estimate: PlotEstimate)]
    var medianRank: Double
    var queries: Int
  }

  /// What `evaluate retrieval` found.
  init(
    retrieval model: String, data: String, summary: [(name: String, value: String)] = [],
    directions: [RetrievalDirection], notes: [String] = []
  ) {
    self.init(title: "Retrieval", subtitle: "\(model) on \(data)", summary: summary)
    let bars = directions.enumerated().flatMap { index, direction in
      direction.recalls.map { recall in
        BarPlot.Bar(
          label: "R@\(recall.k), \(direction.name)", estimate: recall.estimate,
          detail: "\(Quantity.count(direction.queries)) queries", series: index)
      }
    }
    let plot = BarPlot(title: "Recall", bars: bars, series: directions.map(\.name), isSorted: false)
    var recalls = HTMLTable(
      columns: [.text("Direction"), .number("Best"), .number("Recall"), .number("95 % interval")])
    recalls.rows = directions.flatMap { direction in
      direction.recalls.map { [direction.name, "\($0.k)", $0.estimate.words, $0.estimate.intervalWords] }
    }
    var ranks = HTMLTable(columns: [.text("Direction"), .number("Median rank"), .number("Queries")])
    ranks.rows = directions.map {
      [$0.name, $0.medianRank.isFinite ? Quantity.decimal($0.medianRank, 1) : "–", Quantity.count($0.queries)]
    }
    sections.append(
      Section(
        "Recall",
        [
          .figure(
            svg: plot.svg,
            caption: "R@k: how often a right one is among the best k. Lines are 95 % intervals."),
          .folded("Recall as a table", recalls), .table(ranks),
        ]))
    add(notes)
  }
}
