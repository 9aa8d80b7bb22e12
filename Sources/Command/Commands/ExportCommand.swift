import ArgumentParser
import CLIPModel
import Checkpoints
import ClipGraph
import Foundation
import Graphs
import Preprocessing
import TrainingGraphs

/// `clipgraph export MODEL -o F.onnx`.
struct ExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export", abstract: "Writes a CLIP declared in Swift as an ONNX file.",
    discussion: """
      MODEL is a built-in name (see --list) or a JSON file in open_clip's model-config format. Weights are drawn from the \
      paper's distributions unless --weights names a checkpoint, as `clipgraph convert` reads it.

      With --training the file also says how it is trained (TrainingInfoProto): loss, gradients, AdamW and schedule, whose \
      hyper-parameters the flags set. `clipgraph make-trainable` chooses the loss and what stays, too.

      Examples:
        clipgraph export ViT-B-32 -o vit-b-32.onnx \\
          --vocabulary bpe_simple_vocab_16e6.txt.gz
        clipgraph export shapes -o training.onnx --training --vocabulary shapes.bpe \\
          --lr 1e-3 --warmup 100 --steps 1500
      """)

  @Argument(help: "A built-in name, or a JSON file.")
  var model: String?

  @Flag(help: "List the built-in models.")
  var list = false

  @Option(name: [.short, .long], help: "The file to write.")
  var output: String?

  @Flag(help: "Add the training algorithm.")
  var training = false

  @Option(help: "With --training: a picture belongs to its own caption (pair), or to all identical ones (caption).")
  var positives: Recipe.Positives?

  @Option(help: "A file of BPE merges; it travels in the file as its tokenizer.")
  var vocabulary: String?

  @Option(help: "The tokenizer's kind: openai, open_clip or hugging-face.")
  var tokenizer: TokenizerArgument = .openCLIP

  @Option(help: "Write one encoder alone: image or text.")
  var tower: Tower?

  @Option(help: "Seed of the weights, and of the training file's initialization.")
  var seed = 0

  @OptionGroup var version: OpsetOption

  @Option(help: "A checkpoint with the weights: a file, or a folder.")
  var weights: String?

  @Flag(help: "Put the weights into a file of their own beside the output (always so for large models).")
  var externalData = false

  @OptionGroup(title: "Another resolution") var size: ResizeOptions

  @OptionGroup(title: "Hyper-parameters (with --training)") var hyperparameters: HyperparameterOptions

  @Flag(help: "Print what was written, or the list, as JSON.")
  var json = false

  func validate() throws {
    if list { return }
    guard model != nil else { throw ValidationError("Name a model: a built-in name (see --list) or a JSON file") }
    guard output != nil else { throw ValidationError("Name the file to write: -o F.onnx") }
    if training, tower != nil { throw ValidationError("--training needs both towers; leave --tower out") }
    if !training, let flag = hyperparameters.given.first?.flag ?? positives.map({ _ in "--positives" }) {
      throw ValidationError("\(flag) belongs to the training algorithm; add --training")
    }
  }

  func run() throws {
    if list { return try printList() }
    guard let model, let output else { return }
    try OutputFile.check(output)
    let parsed = try CLIPConfiguration.named(model)
    let result = try declare(parsed, model)
    try writeModel(result, to: output, opset: version.opset, externalData: externalData)
    let parameters = result.graph.parameterCount
    if json {
      try StandardOutput.json(
        Report(file: output, parameters: parameters, nodes: result.graph.nodes.count, training: training))
    } else {
      try StandardOutput.line(
        "\(output): \(model), \(Quantity.count(parameters)) parameters"
          + (training ? ", with its training algorithm" : "") + (vocabulary == nil ? ", without a tokenizer" : ""))
    }
  }

  private func declare(_ parsed: CLIPConfiguration.Parsed, _ model: String) throws -> Model {
    let tokenizer = try readTokenizer(for: parsed.configuration, model)
    return try Model.clip(
      parsed, tower: tower, weights: try numbers(), tokenizer: tokenizer,
      training: training ? hyperparameters.hyperparameters(for: parsed.configuration) : nil,
      recipe: Recipe(positives: positives ?? .pair), seed: seed, resizing: size.resizing)
  }

  private func numbers() throws -> Model.Weights {
    guard let weights else { return .fresh(seed: seed) }
    return .checkpoint(
      ParameterReader(
        try Checkpoint(contentsOf: weights), precision: training ? .fp32 : nil,
        folder: ((output ?? "") as NSString).deletingLastPathComponent))
  }

  private func readTokenizer(
    for configuration: CLIPConfiguration, _ model: String
  ) throws -> (kind: TokenizerKind, vocabulary: BytePairVocabulary)? {
    guard let path = vocabulary else { return nil }
    let vocabulary = try BytePairVocabulary(contentsOf: path)
    guard vocabulary.size == configuration.text.vocabularySize else {
      throw Failure(
        path,
        "has \(vocabulary.size) identifiers, but the vocab_size of \(model) is \(configuration.text.vocabularySize); give a "
          + "vocabulary of that size, or a JSON configuration with \"vocab_size\": \(vocabulary.size)")
    }
    return (tokenizer.kind, vocabulary)
  }

  private func printList() throws {
    let models = try BuiltInConfigurations.files.map { file in
      let configuration = try CLIPConfiguration.named(file.name).configuration
      return Entry(
        name: file.name, imageSize: configuration.vision.imageSize, contextLength: configuration.text.contextLength,
        vocabularySize: configuration.text.vocabularySize, embedding: configuration.embedding)
    }
    if json { return try StandardOutput.json(models) }
    var table = TextTable([.left, .right, .right, .right, .right])
    table.add("model", "image size", "context", "vocabulary", "embedding")
    for entry in models {
      table.add(
        entry.name, "\(entry.imageSize)", "\(entry.contextLength)", "\(entry.vocabularySize)", "\(entry.embedding)")
    }
    for line in table.lines { try StandardOutput.line(line) }
  }

  private struct Entry: Encodable {
    var name: String
    var imageSize: Int
    var contextLength: Int
    var vocabularySize: Int
    var embedding: Int
  }

  private struct Report: Encodable {
    var file: String
    var parameters: Int
    var nodes: Int
    var training: Bool
  }
}

extension Tower: ExpressibleByArgument {}
