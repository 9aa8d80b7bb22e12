import ArgumentParser
import ClipGraph
import Graphs
import TrainingGraphs

/// `clipgraph make-trainable F.onnx -o T.onnx`.
struct MakeTrainableCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "make-trainable", abstract: "Adds loss, gradients and update to a graph file.",
    discussion: """
      Takes a CLIP of any origin with both towers, and writes it with a training algorithm (TrainingInfoProto): contrastive \
      loss, gradients, AdamW, schedule. An algorithm that the file has is replaced.

      Frozen parameters stay as they are, and no gradient is computed for them. Names may have * and ?. --lock-image and \
      --lock-text freeze a tower; --unlock-last N trains the last N groups of a locked image tower, as open_clip counts \
      them: the projection, then the last block with the normalisation behind it, then block by block.

      With --positives caption, all pictures of a batch whose captions are the same tokens belong to each of these: SigLIP's \
      loss draws them together, and the targets of CLIP's are uniform over them. The latter's value and gradients stay what \
      they are where a caption's features depend on its tokens alone, as in a CLIP of this program's.

      In a file of another program attention, normalisations and activations are recognised before it is differentiated; \
      batch normalisation keeps its statistics, and the file has no initialization. Where it gives features without a scale \
      of logits, it gets one. `clipgraph train` knows its inputs by type and name; `clipgraph run --train` takes a step on \
      any tensors.

      Examples:
        clipgraph make-trainable vit-b-32.onnx -o tune.onnx --lock-image --unlock-last 2 \\
          --lr 1e-5 --warmup 100 --steps 2000
        clipgraph make-trainable foreign.onnx -o training.onnx --freeze 'visual.*'
      """)

  @Argument(help: "A graph file.")
  var file: String

  @OptionGroup var trust: TrustOptions

  @Option(name: [.short, .long], help: "The file to write.")
  var output: String

  @Option(help: "The loss: softmax (CLIP) or sigmoid (SigLIP; the default where the model has a logit_bias).")
  var loss: Recipe.Loss?

  @Option(help: "A picture belongs to its own caption alone (pair), or to all identical ones of the batch (caption).")
  var positives = Recipe.Positives.pair

  @Option(help: "Parameters that stay; may be given several times.")
  var freeze: [String] = []

  @Flag(help: "Freeze the image tower.")
  var lockImage = false

  @Option(help: ArgumentHelp("Train the last N groups of a locked image tower.", valueName: "n"))
  var unlockLast: Int?

  @Flag(help: "Freeze the text tower.")
  var lockText = false

  @OptionGroup(title: "Hyper-parameters") var hyperparameters: HyperparameterOptions

  @Option(help: "Seed of the file's initialization.")
  var seed = 0

  @OptionGroup var version: OpsetOption

  @Flag(help: "Put the weights into a file of their own beside the output (always so for large models).")
  var externalData = false

  @Flag(help: "Print what was written as JSON, with the names of all parameters.")
  var json = false

  func validate() throws {
    if let unlockLast {
      guard lockImage else { throw ValidationError("--unlock-last needs --lock-image") }
      guard unlockLast >= 0 else { throw ValidationError("--unlock-last must be 0 or more, not \(unlockLast)") }
    }
  }

  func run() throws {
    try OutputFile.check(output)
    let freezing = ParameterFreezing(
      patterns: freeze, towers: Set((lockImage ? [.image] : []) + (lockText ? [.text] : [])),
      unlockedGroups: unlockLast ?? 0)
    let (model, choice) = try readModel(file, trustedRoot: trust.trustedRoot).trainable(
      adjusting: hyperparameters.changed, loss: loss, positives: positives, freezing: freezing, seed: seed,
      place: file)
    try writeModel(
      model, to: output, opset: version.opset, functions: !choice.isDeclared,
      externalData: externalData)
    if json {
      return try StandardOutput.json(
        Report(
          file: output, loss: choice.loss.rawValue, positives: choice.positives.rawValue, trained: choice.trained,
          frozen: choice.frozen, initialization: choice.isDeclared))
    }
    try StandardOutput.line(
      "\(output): \(choice.trained.count) parameters are trained, \(choice.frozen.count) stay; \(choice.loss.rawValue) loss"
        + (choice.positives == .caption ? ", identical captions belong together" : "")
    )
    if !choice.trained.contains(where: { $0.hasSuffix("logit_scale") }) {
      try StandardOutput.line("the logits' scale stays as it is")
    }
  }

  private struct Report: Encodable {
    var file: String
    var loss: String
    var positives: String
    var trained: [String]
    var frozen: [String]
    /// Whether the file can draw its parameters anew.
    var initialization: Bool
  }
}

extension Recipe.Loss: ExpressibleByArgument {}
extension Recipe.Positives: ExpressibleByArgument {}
