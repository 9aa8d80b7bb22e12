import Evaluation

extension PlotEstimate {
  init(_ interval: BootstrapInterval) {
    self.init(interval.estimate, lower: interval.lower, upper: interval.upper)
  }
}

extension ReliabilityPlot.Bin {
  init(_ bin: Calibration.Bin) {
    self.init(
      lower: bin.lower, upper: bin.upper, confidence: bin.confidence, accuracy: bin.accuracy, count: bin.count)
  }
}

extension PlotEstimate {
  init(_ interval: WilsonInterval) {
    self.init(interval.estimate, lower: interval.lower, upper: interval.upper)
  }

  /// The share of `total` that `count` is, with Wilson's interval; no number where there is nothing.
  init(_ count: Int, of total: Int) {
    guard let interval = try? WilsonInterval(count: count, of: total) else {
      self.init(.nan)
      return
    }
    self.init(interval)
  }
}
