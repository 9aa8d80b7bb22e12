/// The pace of the last steps.
struct StepClock {
  private static let window = 50
  /// Seconds since the start and samples so far, after each of the last steps.
  private var marks: [(seconds: Double, samples: Int)] = [(0, 0)]

  mutating func mark(_ seconds: Double, samples: Int) {
    marks.append((seconds, samples))
    if marks.count > StepClock.window { marks.removeFirst() }
  }

  /// Samples a second within the window.
  var samplesPerSecond: Double {
    guard let first = marks.first, let last = marks.last, last.seconds > first.seconds else { return 0 }
    return Double(last.samples - first.samples) / (last.seconds - first.seconds)
  }

  /// Seconds for `count` more steps at this pace.
  func seconds(for count: Int) -> Double {
    guard let first = marks.first, let last = marks.last, marks.count > 1 else { return 0 }
    return (last.seconds - first.seconds) / Double(marks.count - 1) * Double(count)
  }
}
