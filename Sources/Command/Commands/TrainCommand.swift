import ArgumentParser
import CLIPModel
import ClipGraph
import Datasets
import Foundation
import Graphs
import Training
import TrainingGraphs

/// `clipgraph train F.onnx --data … -o OUT.onnx`.
struct TrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train", abstract: "Trains a model from its graph file.",
    discussion: """
      Nothing but the file says what the model, the loss, the gradients and the update are. Flags set named scalars of its \
      algorithm; none rewrites the graph. Training starts from the state in the file and ends at step --steps (or after \
      --epochs), counted from the file's very first step, so that a resumed run ends where the first would have.

      -o gets the trained model for inference, --checkpoint the training file with its state. Ctrl-C finishes the step and \
      writes both; a second Ctrl-C ends at once, and leaves what was written before. --resume starts from the checkpoint \
      instead of F, bit for bit as if nothing had happened: with the same --data, --resampled, --batch-size and --seed the \
      data go on where they stood. --image-size and --context-length declare the file's model and \
      algorithm for other sizes, with its weights and hyper-parameters; the optimiser starts anew.

      Files that make-trainable wrote from those of other programs train, too: inputs are known by type and name, and how \
      pictures and captions are prepared comes from the flags, the files beside F, or what CLIP usually has; what was assumed \
      is said. --image-size and --context-length tell the sizes that such a file leaves open. The checkpoint keeps none of \
      that: --resume needs the same flags, and the files beside F.

      Examples:
        clipgraph train training.onnx --data data -o shapes.onnx --checkpoint state.onnx
        clipgraph train training.onnx --data data -o shapes.onnx --checkpoint state.onnx \\
          --resume
      """)

  @Argument(help: "A training file: clipgraph export … --training or make-trainable writes one.")
  var file: String

  @OptionGroup(title: "Data") var input: DataOptions

  @Option(name: [.short, .long], help: "The trained model, for inference.")
  var output: String

  @Option(help: "Where the training file with its state goes, now and then and at the end.")
  var checkpoint: String?

  @Option(help: ArgumentHelp("Steps between checkpoints.", valueName: "steps"))
  var checkpointEvery = 500

  @Option(
    help: ArgumentHelp("Checkpoints that are kept: the newest, and older ones as NAME.STEP.onnx.", valueName: "n"))
  var keep = 1

  @Option(help: ArgumentHelp("Threads that decode pictures, ahead of the steps.", valueName: "n"))
  var workers = 1

  @Option(help: "End after N passes over the data: sets --steps by counting the samples.")
  var epochs: Int?

  @Option(help: ArgumentHelp("Samples that --epochs takes a pass for, instead of counting them.", valueName: "n"))
  var samplesPerEpoch: Int?

  @Flag(
    help: """
      Draw the data with replacement, as open_clip's --dataset-resampled: shards, or single rows of tables, JSON lines and class \
      folders, any of them each time.
      """)
  var resampled = false

  @Option(help: "Pictures and captions in one step.")
  var batchSize = 64

  @Option(help: "Seed of the order of the data and of random crops.")
  var seed: UInt64 = 0

  @Option(
    help: ArgumentHelp(
      """
      Train on random parts of pictures, with this share of the area at least and at most, resized to the square, as open_clip \
      does with 0.9,1. (default: the paper's random square of the resized picture)
      """, valueName: "min,max"))
  var randomResizedCrop: CropArgument?

  @Flag(help: "Go on from the checkpoint.")
  var resume = false

  @Flag(help: "Run the file's initialization first: draws the parameters and zeroes the optimiser.")
  var reinitialize = false

  @OptionGroup var trust: TrustOptions

  @OptionGroup(title: "Another resolution") var size: ResizeOptions

  @OptionGroup(title: "Files of other programs") var preparing: PreparationOptions

  @OptionGroup(title: "Memory") var step: StepOptions

  @OptionGroup(title: "Hyper-parameters") var hyperparameters: HyperparameterOptions

  @OptionGroup(title: "Logs") var log: LogOptions

  @OptionGroup(title: "Validation") var validating: ValidationOptions

  @Option(help: "Threads for kernels; 0 means all cores.")
  var threads = 0

  @Flag(help: "Print a JSON line every --log-every steps, and one at the end.")
  var json = false

  @Option(help: ArgumentHelp("Steps between JSON lines.", valueName: "steps"))
  var logEvery = 10

  func validate() throws {
    if hyperparameters.steps != nil, epochs != nil { throw ValidationError("Give --steps or --epochs, not both") }
    if let epochs, epochs < 1 { throw ValidationError("--epochs must be 1 or more, not \(epochs)") }
    if let samplesPerEpoch {
      if epochs == nil { throw ValidationError("--samples-per-epoch says what --epochs counts; give that, too") }
      if samplesPerEpoch < 1 { throw ValidationError("--samples-per-epoch must be 1 or more, not \(samplesPerEpoch)") }
    }
    if resume, checkpoint == nil { throw ValidationError("--resume needs --checkpoint, the file to go on from") }
    if resume, reinitialize { throw ValidationError("--resume and --reinitialize exclude each other") }
    guard batchSize >= 2 else {
      throw ValidationError("--batch-size must be 2 or more (the loss compares pairs), not \(batchSize)")
    }
    for (flag, value) in [
      ("--checkpoint-every", checkpointEvery), ("--log-every", logEvery), ("--keep", keep), ("--workers", workers),
    ] where value < 1 {
      throw ValidationError("\(flag) must be 1 or more, not \(value)")
    }
    guard (0...1024).contains(threads) else { throw ValidationError("--threads must be 0 ... 1024, not \(threads)") }
  }

  func run() throws {
    var samples = try input.source()
    if resampled { samples = Resampled(samples) }
    let source = try sourceFile()
    for path in [output, checkpoint].compactMap({ $0 }) { try OutputFile.check(path) }
    var model = try readModel(source, trustedRoot: trust.trustedRoot)
    let isDeclared = try CLIPMetadata(of: model) != nil
    if isDeclared, let resizing = size.resizing {
      if resume {
        throw ValidationError(
          "--resume goes on with the checkpoint's sizes; leave --image-size and --context-length out")
      }
      model = try model.resized(resizing, place: source)
    }
    let trainable = try TrainableModel(model, options: step.options(threads: threads), place: source)
    var preparation = preparing.preparation
    if !isDeclared { (preparation.imageSize, preparation.contextLength) = (size.imageSize, size.contextLength) }
    if reinitialize { try trainable.reinitialize() }
    for (_, name, value) in hyperparameters.given where name != .totalSteps { try trainable.set(name, value) }
    let total = try totalSteps(of: trainable, source, samples)
    let first = try trainable.stepsTaken()
    guard first < total else {
      throw Failure(
        source,
        "has taken \(first) steps already, and training ends at step \(total); give more --steps, or --reinitialize")
    }
    let loader = try makeLoader(model, preparation, source, samples, step: first)
    defer { loader.stop() }
    var options = TrainingRun.Options()
    options.checkpointPath = checkpoint
    options.checkpointEvery = checkpointEvery
    options.checkpointsKept = keep
    let monitor = TrainingMonitor(
      trainable, totalSteps: total, firstStep: first, jsonEvery: json ? logEvery : nil, logs: try log.logs(from: first),
      validation: try validating.validation(preparation, beside: file, batchSize: batchSize, threads: threads))
    Interruption.install()
    let run = TrainingRun(trainable, loader: loader, totalSteps: total, options: options)
    let summary = try run.run(observer: monitor)
    monitor.finish()
    try writeModel(try trainable.inferenceModel().withoutPosition(), to: output)
    if let failure = monitor.failure { throw failure }
    try report(summary, total)
    if summary.end == .interrupted { try endInterrupted(summary, total) }
  }

  private func sourceFile() throws(Failure) -> String {
    guard resume, let checkpoint else { return file }
    guard FileManager.default.fileExists(atPath: checkpoint) else {
      throw Failure(checkpoint, "there is no checkpoint to go on from; leave --resume out to start from \(file)")
    }
    return checkpoint
  }

  /// The step at which the run ends. What a flag gave becomes the schedule's scalar, where the file has one.
  private func totalSteps(of trainable: TrainableModel, _ source: String, _ data: any SampleSource) throws -> Int {
    let inFile = trainable.value(.totalSteps)
    var wanted = hyperparameters.steps
    if let epochs {
      let samples = try samplesPerEpoch ?? data.count()
      let (product, overflow) = samples.multipliedReportingOverflow(by: epochs)
      guard samples > 0 else { throw Failure(input.data, "holds no image with a caption") }
      guard !overflow else { throw Failure("--epochs", "\(epochs) passes over \(samples) samples are too many") }
      wanted = max(1, product / batchSize)
    }
    if let wanted {
      if inFile != nil { try trainable.set(.totalSteps, Double(wanted)) }
      return wanted
    }
    guard let inFile, inFile >= 1, inFile < 1e15 else {
      throw Failure(source, "does not say how long to train; give --steps or --epochs")
    }
    return Int(inFile)
  }

  /// What had to be assumed of the model goes to standard error.
  private func makeLoader(
    _ model: Model, _ preparation: Preparation, _ source: String, _ data: any SampleSource, step: Int
  ) throws -> BatchLoader {
    // A checkpoint may lie elsewhere than the files beside the model.
    let assets = try ModelAssets(model, EntryPoints(model.graph), preparation, file: file)
    guard let preprocessing = assets.preprocessing, assets.contextLength != nil else {
      throw Failure(
        source,
        "has no features of pictures and of captions among its outputs (clipgraph inspect shows its inputs and outputs); take "
          + "steps on tensors with clipgraph run --train")
    }
    guard let tokenizer = assets.tokenizer else {
      throw Failure(
        source, "has no tokenizer in it or beside it; name one with --tokenizer, or export it again with --vocabulary")
    }
    for assumption in assets.assumptions { StandardError.note(assumption) }
    var options = BatchLoader.Options()
    options.batchSize = batchSize
    (options.seed, options.workers, options.resizedCrop) = (seed, workers, randomResizedCrop?.crop)
    options.fillsContext = assets.pooling == nil
    if resume, let position = try model.streamPosition() {
      if position.fits(data, batchSize: batchSize), position.seed == seed {
        options.resume = position
      } else {
        StandardError.line(
          "clipgraph: \(source): --data, --resampled, --batch-size or --seed differ from those of the checkpoint: the order of "
            + "the data is drawn anew")
      }
    }
    if step > 0, options.resume == nil { options.seed = seed &+ UInt64(step) &* 0x9E37_79B9 }
    return BatchLoader(data, preprocessing: preprocessing, tokenizer: tokenizer, options: options)
  }

  private func endInterrupted(_ summary: TrainingSummary, _ total: Int) throws -> Never {
    let place = "interrupted after step \(summary.step) of \(total)"
    if let checkpoint {
      StandardError.line(
        "clipgraph: \(place): the state is in \(checkpoint); give the same command with --resume to go on")
    } else {
      StandardError.line("clipgraph: \(place): \(output) holds the model so far; with --checkpoint it could go on")
    }
    throw ExitCode(Interruption.exitCode)
  }

  private func report(_ summary: TrainingSummary, _ total: Int) throws {
    let peak = ResourceUsage.peakBytes
    if json { return try StandardOutput.json(TrainReport(summary, output: output, peakBytes: peak)) }
    try StandardOutput.line(
      "\(output): step \(summary.step) of \(total)"
        + (summary.recentLoss.map { ", loss \(Quantity.decimal($0, 4))" } ?? "")
        + "; \(Quantity.count(summary.samples)) samples in \(Quantity.duration(summary.seconds)), "
        + "\(Quantity.decimal(summary.samplesPerSecond, 0)) samples/s, \(Quantity.decimal(summary.secondsWaited, 1)) s waiting "
        + "for data, peak memory \(Quantity.bytes(peak))")
    if summary.skipped > 0 {
      StandardError.line("clipgraph: \(summary.skipped) samples were skipped; the last: \(summary.latestSkipReason)")
    }
  }
}
