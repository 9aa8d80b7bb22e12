import ArgumentParser
import CLIPModel
import ClipGraph
import Preprocessing
import Tensors

/// `clipgraph bench F.onnx --tower image|text`.
struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench", abstract: "Times one encoder of a graph file.",
    discussion: """
      Prints median, 95th percentile, items a second, GFLOP/s and the process's peak memory. Without --inputs the batches are \
      noise.

      With --interactive it serves another program: FILE holds batches image.0, image.1, … (or text.0, …); a line `run K` on \
      standard input runs batch K and is answered by its milliseconds, `save PATH` writes the normalised features of the last \
      run and is answered by the path. Every line is answered by exactly one line; one that begins with `error:` says why not.

      Examples:
        clipgraph bench vit-b-32.onnx --tower image --batch 16
        clipgraph bench vit-b-32.onnx --tower text --inputs batches.safetensors \\
          --interactive
      """)

  @Argument(help: "A graph file.")
  var file: String

  @Option(help: "image or text.")
  var tower: Tower

  @Option(help: "Items in one run, where the batches are noise. (default: 1, or what the file is made for)")
  var batch: Int?

  @Option(help: "A safetensors file with batches named image.0, image.1, … or text.0, …")
  var inputs: String?

  @Option(help: "Timed runs.")
  var rounds = 20

  @Option(help: "Threads for kernels; 0 means all cores.")
  var threads = 0

  @Option(help: "The output to compute, where the file has several of other names.")
  var output: String?

  @Option(help: "Side of the pictures, where the file does not say.")
  var imageSize: Int?

  @Option(help: "Tokens of a caption, where the file does not say.")
  var contextLength: Int?

  @Flag(help: "Serve `run K` and `save PATH` on standard input.")
  var interactive = false

  @Flag(help: "Print JSON.")
  var json = false

  func validate() throws {
    if let batch, !(1...65_536).contains(batch) { throw ValidationError("--batch must be 1 or more, not \(batch)") }
    guard rounds >= 1 else { throw ValidationError("--rounds must be 1 or more, not \(rounds)") }
    guard (0...1024).contains(threads) else { throw ValidationError("--threads must be 0 ... 1024, not \(threads)") }
    if interactive && inputs == nil { throw ValidationError("--interactive needs --inputs, the file with the batches") }
  }

  func run() throws {
    var preparation = Preparation()
    (preparation.imageSize, preparation.contextLength) = (imageSize, contextLength)
    // Noise has no colours to normalise.
    (preparation.mean, preparation.std) = (ImagePreprocessing.openAIMean, ImagePreprocessing.openAIStd)
    (preparation.interpolation, preparation.resizeMode) = (.bicubic, .shortest)
    let target = try BenchTarget(
      file, tower: tower, output: output, preparation, isNoise: inputs == nil, threads: threads)
    for assumption in target.assumptions { StandardError.note(assumption) }
    let batches = try inputs.map { try target.batches(in: $0) } ?? target.randomBatches(of: batch)
    if interactive {
      var server = InteractiveBench(target, batches: batches)
      return try server.serve()
    }
    let bar = ProgressBar("timing", total: rounds)
    for batch in batches.prefix(2) { _ = try target.run(batch) }
    var times: [Double] = []
    for round in 0..<rounds {
      let time = try ContinuousClock().measure { _ = try target.run(batches[round % batches.count]) }
      times.append(milliseconds(time))
      bar.update(round + 1)
    }
    bar.finish()
    times.sort()
    try report(times, items: batches[0].sizes.first ?? 1, flops: try target.flops(batches[0]), target.assumptions)
  }

  private func report(_ sorted: [Double], items: Int, flops: Int, _ assumptions: [Assumption]) throws {
    let middle = sorted.count / 2
    let median = sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    let p95 = sorted[min(sorted.count - 1, Int((Double(sorted.count) * 0.95).rounded(.up)) - 1)]
    let report = Report(
      tower: tower.rawValue, batch: items, rounds: sorted.count, medianMilliseconds: median, p95Milliseconds: p95,
      itemsPerSecond: median > 0 ? Double(items) / median * 1e3 : 0,
      gflops: median > 0 ? Double(flops) / median / 1e6 : 0,
      peakBytes: ResourceUsage.peakBytes, assumptions: assumptions.isEmpty ? nil : assumptions)
    if json { return try StandardOutput.json(report) }
    try StandardOutput.line(
      "\(tower.rawValue), batch \(items): median \(Quantity.decimal(median, 2)) ms, p95 \(Quantity.decimal(p95, 2)) ms, "
        + "\(Quantity.decimal(report.itemsPerSecond, 1)) items/s, \(Quantity.decimal(report.gflops, 1)) GFLOP/s, peak memory "
        + Quantity.bytes(report.peakBytes))
  }

  private struct Report: Encodable {
    var tower: String
    var batch: Int
    var rounds: Int
    var medianMilliseconds: Double
    var p95Milliseconds: Double
    var itemsPerSecond: Double
    var gflops: Double
    var peakBytes: Int
    var assumptions: [Assumption]?

    enum CodingKeys: String, CodingKey {
      case tower, batch, rounds, gflops, assumptions
      case medianMilliseconds = "median_ms"
      case p95Milliseconds = "p95_ms"
      case itemsPerSecond = "items_per_s"
      case peakBytes = "peak_bytes"
    }
  }
}
