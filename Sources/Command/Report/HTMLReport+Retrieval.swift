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
    let most = directions.map(\.recalls.count).max() ?? 0
    let ks = directions.first { $0.recalls.count == most }?.recalls.map(\.k) ?? []
    var table = HTMLTable(
      columns: [.text("Direction")] + ks.map { .number("R@\($0)") } + [.number("Median rank"), .number("Queries")])
    table.rows = directions.map { direction in
      [direction.name]
        + ks.map { k in
          direction.recalls.first { $0.k == k }.map { "\($0.estimate.words) (\($0.estimate.intervalWords))" } ?? "–"
        }
        + [
          direction.medianRank.isFinite ? Quantity.decimal(direction.medianRank, 1) : "–",
          Quantity.count(direction.queries),
        ]
    }
    table.caption = "Recall with 95 % intervals"
    sections.append(
      Section(
        "Recall",
        [
          .figure(
            svg: plot.svg,
            caption: "R@k: how often a right one is among the best k. Lines are 95 % intervals."),
          .table(table),
        ]))
    add(notes)
  }
}
