import ArgumentParser
import Checkpoints
import ClipGraph
import Graphs
import Tensors

/// `clipgraph run F.onnx --inputs IN.safetensors --outputs OUT.safetensors`.
struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Runs any graph file on given tensors.",
    discussion: """
      Inputs and outputs bear the names that they have in the graph. With --train it takes one step of the file's training \
      algorithm: the algorithm's outputs (the loss) go to OUT, the file with its updated state to --save.

      Examples:
        clipgraph run model.onnx --inputs in.safetensors --outputs out.safetensors \\
          --only image_features
        clipgraph run training.onnx --inputs batch.safetensors --outputs loss.safetensors \\
          --train --save next.onnx
      """)

  @Argument(help: "A graph file.")
  var file: String

  @OptionGroup var trust: TrustOptions

  @Option(help: "A safetensors file with the inputs.")
  var inputs: String

  @Option(help: "The safetensors file to write.")
  var outputs: String

  @Option(help: ArgumentHelp("Compute these outputs alone; only what they need must be given.", valueName: "name,…"))
  var only: String?

  @Flag(help: "Take one training step.")
  var train = false

  @Option(help: "Where the training file with its updated state goes.")
  var save: String?

  @Flag(help: "Run the graph as it is in the file, node by node.")
  var unoptimized = false

  @Option(help: "Threads for kernels; 0 means all cores.")
  var threads = 0

  func validate() throws {
    if save != nil && !train { throw ValidationError("--save needs --train") }
    if train && unoptimized { throw ValidationError("--unoptimized is for inference; leave --train out") }
    guard (0...1024).contains(threads) else { throw ValidationError("--threads must be 0 ... 1024, not \(threads)") }
  }

  func run() throws {
    try OutputFile.check(outputs)
    if let save { try OutputFile.check(save) }
    let feeds = try Safetensors(contentsOf: inputs).byName
    let (model, inputs) =
      train
      ? (try readModel(file, trustedRoot: trust.trustedRoot), feeds)
      : try readModel(file, given: feeds, trustedRoot: trust.trustedRoot)
    let names = only.map { $0.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) } }
    let results: [(name: String, array: NDArray)]
    if train {
      let trainable = try TrainableModel(model, threads: threads, place: file)
      let given = try trainable.step(inputs)
      results = try pick(names ?? model.training?.step.outputs.map(\.name) ?? [], from: given)
      if let save { try writeModel(try trainable.checkpointModel(), to: save) }
    } else {
      let given: [String: NDArray]
      do {
        let engine = try Engine(model.graph, compilation: unoptimized ? .none : .inference, threads: threads)
        given = try engine.run(inputs, outputs: names)
      } catch { throw Failure(file, Failure.line(of: error)) }
      results = try pick(names ?? model.graph.outputs.map(\.name), from: given)
    }
    try Safetensors(results).write(to: outputs)
  }

  private func pick(
    _ names: [String], from given: [String: NDArray]
  ) throws(Failure) -> [(name: String, array: NDArray)] {
    try names.map { name throws(Failure) in
      guard let array = given[name] else {
        throw Failure(
          file, "has no output \(name); its outputs are \(given.keys.sorted().joined(separator: ", "))")
      }
      return (name, array)
    }
  }
}
