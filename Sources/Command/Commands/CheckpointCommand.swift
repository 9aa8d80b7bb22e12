import ArgumentParser
import ClipGraph
import Foundation

/// `clipgraph checkpoint F.onnx -o F.safetensors`.
struct CheckpointCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "checkpoint", abstract: "Writes a graph file's weights as safetensors that other programs load.",
    discussion: """
      The layouts: openai (flat names of OpenAI's state_dict, which open_clip's CLIP shares), open_clip (the same, but under \
      text. where the weights came so), hugging-face (CLIPModel). Without --layout it is that of the checkpoint that the file \
      was converted from, or openai. Numbers stay as they are, bit for bit.

      With a folder as output (one that exists, or a path that ends with /) the configuration is written beside the weights: \
      config.json, or open_clip_config.json.

      Examples:
        clipgraph checkpoint model.onnx -o model.safetensors
        clipgraph checkpoint model.onnx -o clip/ --layout hugging-face
      """)

  @Argument(help: "A graph file, with or without its training algorithm.")
  var model: String

  @OptionGroup var trust: TrustOptions

  @Option(name: [.short, .long], help: "The file to write, or a folder.")
  var output: String

  @Option(help: "Names and cuts of the tensors: openai, open_clip or hugging-face.")
  var layout: CheckpointFile.Layout?

  @Flag(help: "Print what was written as JSON.")
  var json = false

  func run() throws {
    var isFolder: ObjCBool = false
    let isThere = FileManager.default.fileExists(atPath: output, isDirectory: &isFolder)
    if !output.hasSuffix("/") && !(isThere && isFolder.boolValue) { try OutputFile.check(output) }
    let file = try CheckpointFile(try readModel(model, trustedRoot: trust.trustedRoot), layout: layout, place: model)
    let written = try file.write(to: output)
    if json {
      try StandardOutput.json(Report(files: written, layout: file.layout.rawValue, parameters: file.parameterCount))
    } else {
      try StandardOutput.line(
        "\(written.joined(separator: ", ")): \(Quantity.count(file.parameterCount)) parameters, layout "
          + file.layout.rawValue)
    }
  }

  private struct Report: Encodable {
    var files: [String]
    var layout: String
    var parameters: Int
  }
}

extension CheckpointFile.Layout: ExpressibleByArgument {
  /// Takes `_` and `-` alike.
  public init?(argument: String) {
    let plain = argument.replacing("_", with: "-")
    guard let match = Self.allCases.first(where: { $0.rawValue.replacing("_", with: "-") == plain }) else { return nil }
    self = match
  }
}
