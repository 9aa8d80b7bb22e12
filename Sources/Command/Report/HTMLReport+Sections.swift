import Evaluation

/// How often a class was found.
struct ClassScore {
  var label: String
  var samples: Int
  var correct: Int

  var estimate: PlotEstimate { PlotEstimate(correct, of: samples) }
}

/// The parts that reports of several commands have.
extension HTMLReport.Section {
  /// The accuracy of every class, the best first.
  static func accuracy(of classes: [ClassScore]) -> HTMLReport.Section {
    let plot = BarPlot(
      title: "Accuracy of each class",
      bars: classes.map {
        BarPlot.Bar(
          label: $0.label, estimate: $0.estimate,
          detail: "\(Quantity.count($0.correct)) of \(Quantity.count($0.samples))")
      })
    var table = HTMLTable(columns: [
      .text("Class"), .number("Accuracy"), .number("95 % interval"), .number("Right"), .number("Pictures"),
    ])
    table.rows = classes.map {
      [
        $0.label, $0.estimate.words, $0.estimate.intervalWords, Quantity.count($0.correct), Quantity.count($0.samples),
      ]
    }
    let words = "Lines are 95 % intervals (Wilson's) of each class alone."
    return HTMLReport.Section(
      "Accuracy of each class",
      [
        .figure(svg: plot.svg, caption: plot.note.isEmpty ? words : "\(plot.note) \(words)"),
        .folded("All classes as a table", table),
      ])
  }

  /// What was chosen for the pictures of each class.
  ///
  static func confusion(_ cells: [ConfusionMatrix.Cell], labels: [String]) -> HTMLReport.Section {
    let map = HeatMap(title: "Confusion matrix", labels: labels, cells: cells)
    var caption = "Rows are the right labels, columns the chosen ones."
    if map.blockSize > 1 {
      let size = map.blockSize
      caption += " Each cell stands for \(size) right and \(size) chosen classes, in the order of the labels."
    }
    var table = HTMLTable(columns: [.text("Right"), .text("Chosen"), .number("Pictures"), .number("Of the class")])
    table.rows = map.confusions(20).map {
      [$0.label, $0.chosen, Quantity.count($0.count), Quantity.percent($0.share)]
    }
    table.caption = "The most frequent confusions"
    var blocks: [HTMLReport.Block] = [.figure(svg: map.svg, caption: caption)]
    if !table.rows.isEmpty {
      blocks.append(
        map.blockSize > 1 ? .table(table) : .folded("The most frequent confusions as a table", table))
    } else if map.isDrawn {
      blocks.append(.text("No picture was taken for one of another class."))
    }
    return HTMLReport.Section("Confusions", blocks)
  }

  /// How the probability of the chosen label goes with its being right.
  static func calibration(_ bins: [ReliabilityPlot.Bin], error: Double) -> HTMLReport.Section {
    let plot = ReliabilityPlot(title: "Accuracy over confidence", bins: bins, error: error)
    return HTMLReport.Section(
      "Calibration",
      [
        .figure(
          svg: plot.svg,
          caption:
            "Bars: how many of the pictures in a bin of confidence were right. Dots stand at the mean confidence of "
            + "their bin, lines from them to the diagonal are the gaps that the expected calibration error averages."),
        .folded("Bins as a table", plot.table),
      ])
  }
}
