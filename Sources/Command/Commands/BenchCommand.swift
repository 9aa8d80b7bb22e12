import ArgumentParser
import CLIPModel
import ClipGraph
import Preprocessing
import Tensors

/// `clipgraph bench F.onnx --tower image|text`, or `--train`.
struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench", abstract: "Times one encoder of a graph file, or a training step.",
    discussion: """
      Prints median, 95th percentile, items a second, GFLOP/s and the process's peak memory; the time from the file to the \
      first result, and that of planning another batch size; and what the machine can do at most, measured in the same run. \
      Without --inputs the batches are noise.

      With --interactive it serves another program: FILE holds batches image.0, image.1, … (or text.0, …); a line `run K` on \
      standard input runs batch K and is answered by its milliseconds, `save PATH` writes the normalised features of the last \
      run and is answered by the path. Every line is answered by exactly one line; one that begins with `error:` says why not.

      With --callers N the same runs are also made by one caller and by N at once, in as many rounds of two turns as \
      --rounds says, 5 at most. Callers are threads that share the session; each waits for a result before it asks \
      again. Runs and items a second are medians; memory is the peak by the end of the turn. A result that is not the \
      lone caller's to the bit is an error.

      With --train it times steps of a training file: forward, gradients and update, on captions of 9 to 25 tokens, which \
      files of other programs take with padding up to the context. FILE holds one tensor for each of the algorithm's inputs \
      then. The file stays as it is.

      Examples:
        clipgraph bench vit-b-32.onnx --tower image --batch 16 --profile
        clipgraph bench vit-b-32.onnx --tower text --batch 8 --tokens 16
        clipgraph bench vit-b-32.onnx --tower image --callers 64
        clipgraph bench vit-b-32.onnx --tower text --inputs batches.safetensors \\
          --interactive
        clipgraph bench training.onnx --train --batch 32 --rounds 3
      """)

  @Argument(help: "A graph file.")
  var file: String

  @Option(help: "image or text.")
  var tower: Tower?

  @Flag(help: "Time a training step.")
  var train = false

  @OptionGroup(title: "Training step") var step: StepOptions

  @Option(help: "Items in one run, where the batches are noise. (default: the file's number, else 1; 32 with --train)")
  var batch: Int?

  @Option(help: "A safetensors file with batches named image.0, image.1, … or text.0, …")
  var inputs: String?

  @Option(help: "Timed runs.")
  var rounds = 20

  @Option(help: "Callers of one session at once, to be compared with one caller.")
  var callers: Int?

  @Option(help: "Threads for kernels; 0 means all cores.")
  var threads = 0

  @Option(help: "The output to compute, where the file has several of other names.")
  var output: String?

  @Option(help: "Side of the pictures, where the file does not say.")
  var imageSize: Int?

  @Option(help: "Tokens of a caption, where the file does not say.")
  var contextLength: Int?

  @Option(help: "Most tokens of a caption, start and end included, where the batches are noise. (default: the context)")
  var tokens: Int?

  @OptionGroup var products: ProductOptions

  @OptionGroup var trust: TrustOptions

  @Flag(help: "Print time, rates and the share of the roofline by operator.")
  var profile = false

  @Flag(help: "Serve `run K` and `save PATH` on standard input.")
  var interactive = false

  @Flag(help: "Print JSON.")
  var json = false

  func validate() throws {
    if train {
      if tower != nil || interactive || tokens != nil || output != nil || callers != nil {
        throw ValidationError("--train goes without --tower, --interactive, --tokens, --output and --callers")
      }
    } else if tower == nil {
      throw ValidationError("give --tower image or --tower text, or --train")
    }
    if let batch, !(1...65_536).contains(batch) { throw ValidationError("--batch must be 1 or more, not \(batch)") }
    if let tokens {
      if tower == .image { throw ValidationError("--tokens is for --tower text") }
      if tokens < 3 { throw ValidationError("--tokens must be 3 or more, not \(tokens)") }
    }
    guard rounds >= 1 else { throw ValidationError("--rounds must be 1 or more, not \(rounds)") }
    guard (0...1024).contains(threads) else { throw ValidationError("--threads must be 0 ... 1024, not \(threads)") }
    if let callers {
      if interactive { throw ValidationError("--interactive goes without --callers") }
      guard (1...1024).contains(callers) else {
        throw ValidationError("--callers must be 1 ... 1024, not \(callers)")
      }
    }
    if interactive && inputs == nil { throw ValidationError("--interactive needs --inputs, the file with the batches") }
  }

  func run() throws {
    if train { return try runTraining() }
    guard let tower else { return }
    let clock = ContinuousClock()
    let start = clock.now
    let target = try BenchTarget(
      file, tower: tower, output: output, preparation, isNoise: inputs == nil, threads: threads,
      strassen: products.strassen, trustedRoot: trust.trustedRoot)
    for assumption in target.assumptions { StandardError.note(assumption) }
    let batches = try inputs.map { try target.batches(in: $0) } ?? target.randomBatches(of: batch, tokens: tokens)
    if interactive {
      var server = InteractiveBench(target, batches: batches)
      return try server.serve()
    }
    _ = try target.run(batches[0])
    let firstResult = milliseconds(clock.now - start)
    let bar = ProgressBar("timing", total: rounds)
    for batch in batches.prefix(2) { _ = try target.run(batch) }
    if profile { try target.engine.session.startProfile() }
    var times: [Double] = []
    for round in 0..<rounds {
      times.append(milliseconds(try clock.measure { _ = try target.run(batches[round % batches.count]) }))
      bar.update(round + 1)
    }
    bar.finish()
    let recorded = try target.engine.session.stopProfile()
    let peak = ResourceUsage.peakBytes
    let shared = try callers.map {
      try CallersBench(target, batches: batches, callers: $0).report(rounds: min(rounds, 5))
    }
    let plan = try target.planMilliseconds(batches[0])
    times.sort()
    let (count, median) = (times.count, times.median)
    let items = batches[0].sizes.first ?? 1
    let limits = Roofline(threads: target.threads)
    let report = BenchReport(
      tower: tower.rawValue, batch: items, tokens: tokens, rounds: count, medianMilliseconds: median,
      p95Milliseconds: times[min(count - 1, Int((Double(count) * 0.95).rounded(.up)) - 1)],
      itemsPerSecond: median > 0 ? Double(items) / median * 1e3 : 0,
      gflops: median > 0 ? Double(try target.flops(batches[0])) / median / 1e6 : 0, peakBytes: peak,
      startMilliseconds: firstResult, planMilliseconds: plan, callers: shared, limits: limits,
      profile: recorded.map { OperatorShare.shares($0, limits) },
      assumptions: target.assumptions.isEmpty ? nil : target.assumptions)
    if json { return try StandardOutput.json(report) }
    for line in report.lines { try StandardOutput.line(line) }
  }

  private var preparation: Preparation {
    var preparation = Preparation()
    (preparation.imageSize, preparation.contextLength) = (imageSize, contextLength)
    // Noise has no colours to normalise.
    (preparation.mean, preparation.std) = (ImagePreprocessing.openAIMean, ImagePreprocessing.openAIStd)
    (preparation.interpolation, preparation.resizeMode) = (.bicubic, .shortest)
    return preparation
  }

  private func runTraining() throws {
    let bench = try TrainingBench(
      file, threads: threads, step, inputs == nil ? preparation : nil, trustedRoot: trust.trustedRoot)
    for assumption in bench.assumptions { StandardError.note(assumption) }
    let batches = try inputs.map { [try bench.batch(in: $0)] } ?? bench.randomBatches(of: batch)
    let report = try bench.run(batches, rounds: rounds, profile: profile)
    if json { return try StandardOutput.json(report) }
    for line in report.lines { try StandardOutput.line(line) }
  }
}
