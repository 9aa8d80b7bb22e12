import Checkpoints
import Foundation
import Tensors
import Testing

/// `clipgraph bench`: its report, and the protocol that another program drives it with.
struct BenchTests {
  @Test(arguments: ["image", "text"])
  func theReportHasItsFields(tower: String) throws {
    struct Report: Decodable {
      var median_ms: Double
      var p95_ms: Double
      var items_per_s: Double
      var gflops: Double
      var peak_bytes: Int
      var plan_ms: Double
      var start_ms: Double
      var limits: Limits
      var profile: [Share]
    }
    struct Limits: Decodable {
      var gflops: Double
      var gflops_one_thread: Double
      var read_gb_per_s: Double
    }
    struct Share: Decodable {
      var `operator`: String
      var calls: Double
      var ms: Double
    }
    let workshop = try Workshop.shared()
    let output = try Clipgraph.succeed(
      "bench", workshop.model, "--tower", tower, "--batch", "3", "--rounds", "4", "--profile", "--json")
    let report = try JSONDecoder().decode(Report.self, from: Data(output.utf8))
    #expect(report.median_ms > 0 && report.p95_ms >= report.median_ms)
    #expect(abs(report.items_per_s - 3000 / report.median_ms) < 1e-3 * report.items_per_s)
    #expect(report.gflops > 0 && report.peak_bytes > 1 << 20)
    #expect(report.plan_ms > 0 && report.start_ms > 0)
    #expect(report.limits.gflops > 0 && report.limits.gflops_one_thread > 0 && report.limits.read_gb_per_s > 0)
    let linear = try #require(report.profile.first { $0.operator == "Linear" })
    #expect(linear.calls >= 4 && linear.ms > 0)
  }

  @Test func captionsHaveAtMostTheTokensThatAreAskedFor() throws {
    let workshop = try Workshop.shared()
    struct Report: Decodable { var tokens: Int }
    let output = try Clipgraph.succeed(
      "bench", workshop.model, "--tower", "text", "--tokens", "5", "--batch", "2", "--rounds", "1", "--json")
    #expect(try JSONDecoder().decode(Report.self, from: Data(output.utf8)).tokens == 5)
    #expect(
      try Clipgraph.fail("bench", workshop.model, "--tower", "text", "--tokens", "25").contains("the 24 tokens"))
    #expect(try Clipgraph.run(["bench", workshop.model, "--tower", "image", "--tokens", "5"]).status == 64)
  }

  @Test func stepsAreTimed() throws {
    struct Report: Decodable {
      var batch, rounds: Int
      var median_s, samples_per_s: Double
    }
    let workshop = try Workshop.shared()
    let output = try Clipgraph.succeed(
      "bench", workshop.training, "--train", "--batch", "4", "--rounds", "2", "--json")
    let report = try JSONDecoder().decode(Report.self, from: Data(output.utf8))
    #expect(report.batch == 4 && report.rounds == 2 && report.median_s > 0 && report.samples_per_s > 0)
    #expect(try Clipgraph.fail("bench", workshop.model, "--train").contains("no training algorithm"))
  }

  /// A team of threads that waits for work sleeps.
  @Test func aServerAtRestUsesNoProcessor() async throws {
    let workshop = try Workshop.shared()
    let folder = try TemporaryFolder()
    let pixels = NDArray([Float](repeating: 0.5, count: 16 * 3 * 32 * 32), [16, 3, 32, 32])
    try Safetensors([("image.0", pixels)]).write(to: folder("in.safetensors"))
    let bench = try RunningClipgraph([
      "bench", workshop.model, "--tower", "image", "--inputs", folder("in.safetensors"), "--interactive", "--threads",
      "4",
    ])
    var used = 0.0
    for _ in 0..<3 {
      bench.write("run 0\n")
      _ = try #require(bench.line())
      try await Task.sleep(for: .milliseconds(20))
      let before = try bench.processorTime()
      try await Task.sleep(for: .milliseconds(200))
      used += try bench.processorTime() - before
    }
    #expect(bench.finish().status == 0)
    // Three threads that spin would have used about 1500 ms.
    #expect(used <= 60)
  }

  @Test func everyLineIsAnsweredByOne() throws {
    let workshop = try Workshop.shared()
    let folder = try TemporaryFolder()
    let batches = (0..<2).map { index in
      let values = (0..<6_144).map { (position: Int) -> Float in Float((position * (index + 3)) % 29) / 29 - 0.5 }
      return NDArray(values, [2, 3, 32, 32])
    }
    try Safetensors([("image.0", batches[0]), ("image.1", batches[1])]).write(to: folder("in.safetensors"))
    let bench = try RunningClipgraph(
      [
        "bench", workshop.model, "--tower", "image", "--inputs", folder("in.safetensors"), "--interactive", "--threads",
        "1",
      ])
    func ask(_ line: String) throws -> String {
      bench.write(line + "\n")
      return try #require(bench.line())
    }
    #expect(try ask("save \(folder("early"))").hasPrefix("error: "))
    var saved: [[Float]] = []
    for index in [1, 0, 1] {
      let time = try #require(Double(try ask("run \(index)")))
      #expect(time > 0)
      #expect(try ask("save \(folder("out"))") == folder("out"))
      let features = try #require(try Safetensors(contentsOf: folder("out")).tensors.first?.array)
      #expect(features.sizes == [2, 24])
      saved.append(features.values(as: Float.self))
    }
    #expect(try ask("run 2").hasPrefix("error: "))
    #expect(try ask("dance").hasPrefix("error: "))
    #expect(try ask("").hasPrefix("error: "))
    let outcome = bench.finish()
    #expect(outcome.status == 0 && outcome.output.isEmpty && outcome.errors.isEmpty)

    #expect(saved[0] == saved[2] && saved[0] != saved[1])
    for row in 0..<2 {
      let length = saved[0][row * 24..<row * 24 + 24].reduce(0) { $0 + $1 * $1 }.squareRoot()
      #expect(abs(length - 1) < 1e-5)
    }
    try Safetensors([("image", batches[0])]).write(to: folder("one.safetensors"))
    try Clipgraph.succeed(
      "run", workshop.model, "--inputs", folder("one.safetensors"), "--outputs", folder("plain"), "--only",
      "image_features")
    let plain = try #require(try Safetensors(contentsOf: folder("plain"))["image_features"]).values(as: Float.self)
    for row in 0..<2 {
      let length = plain[row * 24..<row * 24 + 24].reduce(0) { $0 + $1 * $1 }.squareRoot()
      for index in row * 24..<row * 24 + 24 { #expect(abs(plain[index] / length - saved[1][index]) < 1e-5) }
    }
  }
}
