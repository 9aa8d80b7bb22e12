import Evaluation

extension HTMLReport {
  /// What `evaluate zero-shot` found.
  ///
  /// - Parameters:
  ///   - classes: empty where every picture chose among its own candidates.
  ///   - confusion: how often labels were right and chosen together; nil where it is not known.
  ///   - calibration: the bins, and the expected calibration error; nil where they are not known.
  init(
    zeroShot model: String, data: String, summary: [(name: String, value: String)], classes: [ClassScore] = [],
    confusion: [ConfusionMatrix.Cell]? = nil, calibration: (bins: [ReliabilityPlot.Bin], error: Double)? = nil,
    notes: [String] = []
  ) {
    self.init(title: "Zero-shot classification", subtitle: "\(model) on \(data)", summary: summary)
    if !classes.isEmpty { sections.append(.accuracy(of: classes)) }
    if let confusion, !classes.isEmpty { sections.append(.confusion(confusion, labels: classes.map(\.label))) }
    if let calibration { sections.append(.calibration(calibration.bins, error: calibration.error)) }
    add(notes)
  }

  /// A section of words, where there are some.
  mutating func add(_ notes: [String]) {
    if !notes.isEmpty { sections.append(Section("Notes", notes.map { .text($0) })) }
  }
}
