import Training

/// The last JSON line of `clipgraph train`.
struct TrainReport: Encodable {
  var end: String
  var output: String
  var step: Int
  var stepsRun: Int
  var samples: Int
  var seconds: Double
  var samplesPerSecond: Double
  var dataWaitSeconds: Double
  var recentLoss: Double?
  var skipped: Int
  var peakBytes: Int

  init(_ summary: TrainingSummary, output: String, peakBytes: Int) {
    end = summary.end.rawValue
    self.output = output
    (step, stepsRun, samples) = (summary.step, summary.stepsRun, summary.samples)
    (seconds, samplesPerSecond) = (summary.seconds, summary.samplesPerSecond)
    (dataWaitSeconds, recentLoss, skipped) = (summary.secondsWaited, summary.recentLoss, summary.skipped)
    self.peakBytes = peakBytes
  }

  enum CodingKeys: String, CodingKey {
    case end, output, step, samples, seconds, skipped
    case stepsRun = "steps_run"
    case samplesPerSecond = "samples_per_second"
    case dataWaitSeconds = "data_wait_seconds"
    case recentLoss = "loss"
    case peakBytes = "peak_bytes"
  }
}
