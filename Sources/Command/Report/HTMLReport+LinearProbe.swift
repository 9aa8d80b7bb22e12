import Evaluation

extension HTMLReport {
  /// A probe's result for a number of training pictures.
  struct Probe {
    /// Training pictures of each class; nil for all that there are.
    var shots: Int?
    var trainingPictures: Int
    var accuracy: PlotEstimate
    var meanPerClass: Double
    var lambda: Double
  }

  /// What `evaluate linear-probe` found.
  ///
  /// - Parameters:
  ///   - levels: what the curve over shots is compared with, such as the zero-shot accuracy.
  ///   - classes: of one probe; empty where they are not known.
  init(
    linearProbe model: String, training: String, test: String, summary: [(name: String, value: String)],
    probes: [Probe], levels: [CurvePlot.Level] = [], classes: [ClassScore] = [],
    confusion: [ConfusionMatrix.Cell]? = nil, notes: [String] = []
  ) {
    self.init(title: "Linear probe", subtitle: "\(model), fitted to \(training), on \(test)", summary: summary)
    sections.append(Section("Accuracy", Self.blocks(of: probes, levels: levels)))
    if !classes.isEmpty { sections.append(.accuracy(of: classes)) }
    if let confusion, !classes.isEmpty { sections.append(.confusion(confusion, labels: classes.map(\.label))) }
    add(notes)
  }

  private static func blocks(of probes: [Probe], levels: [CurvePlot.Level]) -> [Block] {
    var table = HTMLTable(columns: [
      .text("Shots"), .number("Pictures"), .number("Accuracy"), .number("95 % interval"),
      .number("Mean of the classes"),
      .number("λ"),
    ])
    table.rows = probes.map {
      [
        $0.shots.map(Quantity.count) ?? "all", Quantity.count($0.trainingPictures), $0.accuracy.words,
        $0.accuracy.intervalWords, PlotEstimate($0.meanPerClass).words, Quantity.significant($0.lambda),
      ]
    }
    let points = probes.compactMap { probe in
      probe.shots.map { CurvePlot.Point(x: Double($0), estimate: probe.accuracy) }
    }
    guard points.count > 1 else { return [.table(table)] }
    let whole = probes.first { $0.shots == nil }.map { CurvePlot.Level(name: "all pictures", value: $0.accuracy.value) }
    let plot = CurvePlot(
      title: "Accuracy over training pictures of each class", xName: "training pictures of each class",
      yName: "accuracy",
      curves: [CurvePlot.Curve(name: "linear probe", points: points)], levels: levels + [whole].compactMap { $0 })
    return [.figure(svg: plot.svg, caption: "The band is the 95 % interval."), .table(table)]
  }
}
