extension HTMLReport {
  /// Accuracies of models on shifted pictures, against those on the reference.
  struct RobustnessShift {
    /// Such as “ImageNet-R”.
    var name: String
    /// x: the accuracy on the reference, y: on the shifted pictures.
    var baselines: [ScatterPlot.Point]
    var fit: ScatterPlot.Fit?
    /// The measured models; most often one.
    var models: [ScatterPlot.Point]
  }

  /// What a measurement of effective robustness found (Taori et al. 2020).
  ///
  /// - Parameter reference: such as “ImageNet”.
  init(
    robustness model: String, reference: String, summary: [(name: String, value: String)] = [],
    shifts: [RobustnessShift], notes: [String] = []
  ) {
    self.init(
      title: "Effective robustness", subtitle: "\(model), against baselines on \(reference)", summary: summary)
    var table = HTMLTable(columns: [
      .text("Model"), .text("Shift"), .number(reference), .number("Shifted"), .number("Baselines' fit"),
      .number("Effective robustness"),
    ])
    for shift in shifts {
      let plot = ScatterPlot(
        title: "\(shift.name) against \(reference)", xName: "accuracy on \(reference)",
        yName: "accuracy on \(shift.name)",
        baselines: shift.baselines, fit: shift.fit, models: shift.models)
      for point in shift.models {
        table.rows.append([
          point.label, shift.name, PlotEstimate(point.x).words, PlotEstimate(point.y).words,
          shift.fit.map { PlotEstimate($0(point.x)).words } ?? "–",
          plot.effectiveRobustness(point).map { ScatterPlot.signed($0) + " points" } ?? "–",
        ])
      }
      sections.append(
        Section(
          shift.name,
          [
            .figure(
              svg: plot.svg,
              caption:
                "Both axes are scaled by log(p / (1 − p)). Effective robustness, beside the model's name, is how many "
                + "points of percent it lies above what the baselines' fit expects of its accuracy on \(reference).")
          ]))
    }
    sections.insert(Section("Summary", [.table(table)]), at: 0)
    add(notes)
  }
}
