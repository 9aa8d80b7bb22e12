import CLIPModel
import Checkpoints
import ClipGraph
import Datasets
import Foundation
import Tensors
import Testing

@testable import Command

/// `clipgraph bench --callers`, and the noise that it runs on.
struct CallersBenchTests {
  private struct Report: Decodable {
    struct Callers: Decodable {
      var count, runs, rounds: Int
      var alone, together: Turn
      var throughput_ratio: Double
    }
    struct Turn: Decodable {
      var runs_per_s, items_per_s: Double
      var peak_bytes: Int
    }
    var peak_bytes: Int
    var callers: Callers?
  }

  private func report(_ arguments: [String]) throws -> Report {
    let outcome = try Clipgraph.run(["bench", try Workshop.shared().model] + arguments + ["--json"])
    try #require(outcome.status == 0, "\(outcome.errors)")
    return try JSONDecoder().decode(Report.self, from: Data(outcome.output.utf8))
  }

  @Test(arguments: [("image", 3, 18), ("text", 3, 18), ("image", 1, 16), ("text", 20, 40)])
  func theReportHasItsFields(tower: String, count: Int, runs: Int) throws {
    let report = try report(["--tower", tower, "--batch", "2", "--rounds", "2", "--callers", "\(count)"])
    let callers = try #require(report.callers)
    #expect(callers.count == count && callers.runs == runs && callers.rounds == 2)
    for turn in [callers.alone, callers.together] {
      #expect(turn.runs_per_s > 0)
      #expect(abs(turn.items_per_s - 2 * turn.runs_per_s) <= 1e-9 * turn.items_per_s)
    }
    let ratio = callers.together.runs_per_s / callers.alone.runs_per_s
    #expect(abs(callers.throughput_ratio - ratio) <= 1e-9 * ratio)
    #expect(report.peak_bytes <= callers.alone.peak_bytes)
    #expect(callers.alone.peak_bytes <= callers.together.peak_bytes)
  }

  @Test func theyAreLeftOutUnlessAskedFor() throws {
    #expect(try report(["--tower", "image", "--rounds", "1"]).callers == nil)
  }

  @Test func roundsAreFiveAtMost() throws {
    #expect(try report(["--tower", "text", "--rounds", "7", "--callers", "2"]).callers?.rounds == 5)
  }

  /// 18 runs of batches of 1, 2, 3 and 4 items in turn: 1 and 2 come five times, 3 and 4 four times, 43 items in all.
  @Test func batchesOfAFileAreSharedOutEvenly() throws {
    let folder = try TemporaryFolder()
    let batches = (1...4).map { items -> (String, NDArray) in
      let values = (0..<items * 3072).map { (position: Int) -> Float in Float(position * (items + 2) % 31) / 31 - 0.5 }
      return ("image.\(items - 1)", NDArray(values, [items, 3, 32, 32]))
    }
    try Safetensors(batches).write(to: folder("in.safetensors"))
    let callers = try #require(
      try report(
        ["--tower", "image", "--inputs", folder("in.safetensors"), "--rounds", "1", "--callers", "3", "--profile"]
      ).callers)
    for turn in [callers.alone, callers.together] {
      #expect(abs(turn.items_per_s / turn.runs_per_s - 43.0 / 18) < 1e-9)
    }
  }

  @Test func readersSeeBoth() throws {
    let output = try Clipgraph.succeed(
      "bench", Workshop.shared().model, "--tower", "image", "--rounds", "1", "--callers", "3")
    #expect(output.contains("\n  1 caller alone: ") && output.contains("\n  3 callers at once: "), "\(output)")
    #expect(output.contains("the same results to the bit (18 runs a turn, medians of 1)"), "\(output)")
  }

  @Test func anotherResultIsAnError() throws {
    let target = try BenchTarget(
      Workshop.shared().model, tower: .text, output: nil, Preparation(), isNoise: true, threads: 1, strassen: true,
      trustedRoot: nil)
    let batches = try target.randomBatches(of: 2, tokens: nil)
    var bench = try CallersBench(target, batches: batches, callers: 3)
    #expect(bench.expected[0] != bench.expected[1])
    _ = try bench.report(rounds: 1)
    var values = bench.expected[1].values(as: Float.self)
    values[0] = values[0].nextUp
    bench.expected[1] = NDArray(values, bench.expected[1].sizes)
    let failure = #expect(throws: Failure.self) { _ = try bench.report(rounds: 1) }
    #expect(failure?.message.contains("for batch 1 than a caller that is alone") == true)
  }

  // MARK: Noise and medians

  @Test func noiseIsWhatTheGeneratorGives() throws {
    var (generator, same) = (SeededGenerator(seed: 3), SeededGenerator(seed: 3))
    let noise = try NDArray.noise([2, 3, 5], &generator)
    #expect(noise == NDArray((0..<30).map { _ in Float(same.uniform(-2, 2)) }, [2, 3, 5]))
    let bytes = try NDArray.noise([7], as: .uint8, &generator)
    #expect(bytes == NDArray((0..<7).map { _ in UInt8(same.index(256)) }, [7]))
    let halves = try NDArray.noise([4], as: .float16, &generator)
    #expect(halves.scalar == .float16 && halves.sizes == [4])
    #expect(halves.doubles == (0..<4).map { _ in Double(Float16(Float(same.uniform(-2, 2)))) })
    #expect(try NDArray.noise([0, 3], &generator).count == 0)
    #expect(throws: ShapeError.self) { try NDArray.noise([-1], &generator) }
    #expect(throws: ShapeError.self) { try NDArray.noise([1 << 40, 1 << 40], &generator) }
  }

  @Test(arguments: [([], 0), ([4], 4), ([5, 1], 3), ([9, 1, 2], 2), ([4, 1, 3, 2], 2.5)] as [([Double], Double)])
  func medians(numbers: [Double], median: Double) { #expect(numbers.median == median) }
}
