import ArgumentParser
import CLIPModel
import Checkpoints
import ClipGraph
import Foundation
import Graphs
import TrainingGraphs

/// `clipgraph convert SOURCE -o F.onnx`.
struct ConvertCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "convert", abstract: "Turns a CLIP checkpoint of another program into an ONNX file.",
    discussion: """
      SOURCE is a file of weights (safetensors, or what torch.save or TorchScript wrote; recognised by content), or a folder \
      of Hugging Face's (config.json beside model.safetensors, its shards or pytorch_model.bin) or open_clip's \
      (open_clip_config.json beside open_clip_model.safetensors or open_clip_pytorch_model.bin).

      The configuration is the file beside the weights; --config replaces it. Where there is none, shapes tell it for an \
      archive of OpenAI's. The tokenizer is tokenizer.json, or merges.txt and vocab.json, beside the weights; --tokenizer \
      names one of these, or merges as OpenAI ships them (bpe_simple_vocab_16e6.txt.gz). converter/fetch_assets fetches \
      that one.

      Examples:
        clipgraph convert ViT-B-32.pt -o vit-b-32.onnx \\
          --tokenizer bpe_simple_vocab_16e6.txt.gz
        clipgraph convert clip-vit-large-patch14/ -o vit-l-14.onnx --precision fp16
        clipgraph convert epoch_32.pt --config ViT-B-16 -o vit-b-16.onnx
      """)

  @Argument(help: "A file of weights, or a folder that holds one.")
  var source: String

  @Option(name: [.short, .long], help: "The file to write.")
  var output: String

  @Option(name: .customLong("config"), help: "A built-in name, or a JSON file of open_clip's or Hugging Face's.")
  var configurationName: String?

  @Option(help: "Keep weights as fp32 or fp16; without it, as they are. Sums are fp32 in any case.")
  var precision: WeightPrecision?

  @Option(help: "The vocabulary; it travels in the file as its tokenizer.")
  var tokenizer: String?

  @Option(help: "Write one encoder alone: image or text.")
  var tower: Tower?

  @Flag(help: "Add the training algorithm; weights become fp32.")
  var training = false

  @Option(help: "With --training: a picture belongs to its own caption (pair), or to all identical ones (caption).")
  var positives: Recipe.Positives?

  @Option(help: "Seed of the training file's initialization.")
  var seed = 0

  @OptionGroup var version: OpsetOption

  @Flag(help: "Put the weights into a file of their own beside the output (always so for large models).")
  var externalData = false

  @OptionGroup(title: "Another resolution") var size: ResizeOptions

  @OptionGroup(title: "Hyper-parameters (with --training)") var hyperparameters: HyperparameterOptions

  @Flag(help: "Print what was written as JSON.")
  var json = false

  func validate() throws {
    if training, tower != nil { throw ValidationError("--training needs both towers; leave --tower out") }
    if training, precision == .fp16 {
      throw ValidationError("--training needs single precision; leave --precision fp16 out")
    }
    if !training, let flag = hyperparameters.given.first?.flag ?? positives.map({ _ in "--positives" }) {
      throw ValidationError("\(flag) belongs to the training algorithm; add --training")
    }
  }

  func run() throws {
    try OutputFile.check(output)
    var options = Conversion.Options(workFolder: (output as NSString).deletingLastPathComponent)
    options.configuration = configurationName
    (options.precision, options.tokenizer, options.tower, options.seed) = (precision, tokenizer, tower, seed)
    options.resizing = size.resizing
    if training { options.training = { hyperparameters.hyperparameters(for: $0) } }
    options.recipe = Recipe(positives: positives ?? .pair)
    let conversion = try Conversion(source, options)
    try writeModel(conversion.model, to: output, opset: version.opset, externalData: externalData)
    for warning in conversion.warnings { StandardError.write("clipgraph: warning: \(Failure.line(warning))\n") }
    let parameters = conversion.model.graph.parameterCount
    if json {
      return try StandardOutput.json(
        Report(
          file: output, parameters: parameters, layout: conversion.layout.rawValue,
          configuration: conversion.configurationPlace, tokenizer: conversion.tokenizer?.rawValue,
          warnings: conversion.warnings))
    }
    try StandardOutput.line(
      "\(output): \(Quantity.count(parameters)) parameters, configuration \(conversion.configurationPlace)"
        + (training ? ", with its training algorithm" : ""))
    if conversion.tokenizer == nil && tower != .image {
      try StandardOutput.line(
        "without a tokenizer: run converter/fetch_assets and convert again with --tokenizer "
          + "converter/assets/bpe_simple_vocab_16e6.txt.gz, so that captions can be encoded")
    }
  }

  private struct Report: Encodable {
    var file: String
    var parameters: Int
    var layout: String
    var configuration: String
    var tokenizer: String?
    var warnings: [String]
  }
}

extension WeightPrecision: ExpressibleByArgument {}
