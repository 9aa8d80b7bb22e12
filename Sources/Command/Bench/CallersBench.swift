import ClipGraph
import Foundation
import Synchronization
import Tensors

/// One session and the same runs twice: made by one caller, and by several at once.
///
/// A caller is a thread that waits for its result before it asks again; all share the batches.
struct CallersBench {
  private let target: BenchTarget
  private let batches: [NDArray]
  private let callers: Int
  /// What each batch gives a caller that is alone.
  var expected: [NDArray]

  /// Runs that are made twice in a round: as many for each caller, two at the least, and 16 in all.
  private var runs: Int { callers * max(2, (16 + callers - 1) / callers) }

  /// - Parameter callers: 1 or more.
  init(_ target: BenchTarget, batches: [NDArray], callers: Int) throws {
    (self.target, self.batches, self.callers) = (target, batches, callers)
    expected = try batches.map { try target.run($0) }
  }

  /// Rounds of one caller's turn and then that of all.
  ///
  /// - Throws: what a run throws; `Failure` for a result that is not, to the bit, that of a caller that is alone, and
  ///   where the system gives too few threads.
  func report(rounds: Int) throws -> CallersReport {
    let bar = ProgressBar("callers", total: 2 * rounds)
    var (alone, together, peakOfOne): ([Double], [Double], Int?) = ([], [], nil)
    for round in 0..<rounds {
      alone.append(try milliseconds(of: 1))
      // The peak of a process never falls.
      if peakOfOne == nil { peakOfOne = ResourceUsage.peakBytes }
      bar.update(2 * round + 1)
      together.append(try milliseconds(of: callers))
      bar.update(2 * round + 2)
    }
    bar.finish()
    let peak = ResourceUsage.peakBytes
    let items = (0..<runs).reduce(0) { $0 + (batches[$1 % batches.count].sizes.first ?? 1) }
    return CallersReport(
      count: callers, runs: runs, rounds: rounds,
      alone: .init(runs: runs, items: items, milliseconds: alone.median, peakBytes: peakOfOne ?? peak),
      together: .init(runs: runs, items: items, milliseconds: together.median, peakBytes: peak))
  }

  /// The time that `count` callers need for all runs, from the moment when their threads are ready.
  private func milliseconds(of count: Int) throws -> Double {
    let failure = Mutex<(any Error)?>(nil)
    let (ready, start, end) = (
      DispatchSemaphore(value: 0), DispatchSemaphore(value: 0), DispatchSemaphore(value: 0)
    )
    for caller in 0..<count {
      let thread = Thread {
        ready.signal()
        start.wait()
        do {
          for run in stride(from: caller, to: runs, by: count) where failure.withLock({ $0 == nil }) {
            try check(run, caller: caller, of: count)
          }
        } catch {
          failure.withLock { $0 = $0 ?? error }
        }
        end.signal()
      }
      thread.start()
    }
    for started in 0..<count {
      // Foundation does not say that a thread was refused.
      guard ready.wait(timeout: .now() + 30) == .success else {
        throw Failure("--callers \(callers)", "the system started \(started) threads and no more; take fewer callers")
      }
    }
    let time = ContinuousClock().measure {
      for _ in 0..<count { start.signal() }
      for _ in 0..<count { end.wait() }
    }
    if let error = failure.withLock({ $0 }) { throw error }
    return Command.milliseconds(time)
  }

  private func check(_ run: Int, caller: Int, of count: Int) throws {
    let batch = run % batches.count
    guard try target.run(batches[batch]) == expected[batch] else {
      throw Failure(
        target.file,
        "caller \(caller + 1) of \(count) was given another \(target.output) for batch \(batch) than a caller that is "
          + "alone; throughputs of wrong results mean nothing: please report it, with the file")
    }
  }
}

/// What `clipgraph bench --callers` found.
struct CallersReport: Encodable {
  struct Turn: Encodable {
    var runsPerSecond: Double
    var itemsPerSecond: Double
    /// The most that the process had held by the end of the turn.
    var peakBytes: Int

    init(runs: Int, items: Int, milliseconds: Double, peakBytes: Int) {
      let rate = milliseconds > 0 ? 1e3 / milliseconds : 0
      (runsPerSecond, itemsPerSecond, self.peakBytes) = (Double(runs) * rate, Double(items) * rate, peakBytes)
    }

    enum CodingKeys: String, CodingKey {
      case runsPerSecond = "runs_per_s"
      case itemsPerSecond = "items_per_s"
      case peakBytes = "peak_bytes"
    }

    var line: String {
      "\(Quantity.decimal(runsPerSecond, 1)) runs/s, \(Quantity.decimal(itemsPerSecond, 1)) items/s, "
        + "peak memory \(Quantity.bytes(peakBytes))"
    }
  }

  /// Callers at once.
  var count: Int
  /// Of one turn.
  var runs: Int
  var rounds: Int
  var alone: Turn
  var together: Turn
  /// Runs a second of all callers over those of one.
  var ratio: Double

  init(count: Int, runs: Int, rounds: Int, alone: Turn, together: Turn) {
    (self.count, self.runs, self.rounds, self.alone, self.together) = (count, runs, rounds, alone, together)
    ratio = alone.runsPerSecond > 0 ? together.runsPerSecond / alone.runsPerSecond : 0
  }

  enum CodingKeys: String, CodingKey {
    case count, runs, rounds, alone, together
    case ratio = "throughput_ratio"
  }

  /// Lines for readers.
  var lines: [String] {
    [
      "  1 caller alone: \(alone.line)",
      "  \(count) caller\(count == 1 ? "" : "s") at once: \(together.line); \(Quantity.decimal(ratio, 3)) of the "
        + "throughput, the same results to the bit (\(runs) runs a turn, medians of \(rounds))",
    ]
  }
}
