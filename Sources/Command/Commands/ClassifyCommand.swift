import ArgumentParser
import ClipGraph

/// `clipgraph classify F.onnx IMAGE… --labels "a,b,c"`.
struct ClassifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "classify", abstract: "Says which labels fit pictures, without training for them (zero-shot).",
    discussion: """
      Probabilities are the softmax over all labels of the scaled cosines between picture and caption. Captions come from \
      templates, in which {} stands for the label; several templates are averaged in embedding space.

      A file of another program works too; a note on stderr says what it leaves open and what was taken for it.

      On a terminal the result is a table; elsewhere lines of picture, probability and label, separated by tabs.

      Examples:
        clipgraph classify shapes.onnx picture.png \\
          --labels "red circle,blue square" --template "a {}"
        clipgraph classify --image-model vision_model.onnx --text-model text_model.onnx \\
          picture.png --labels "a cat,a dog"
      """)

  @Argument(help: "A model; left out where --image-model and --text-model name its towers.")
  var file: String?

  @Argument(help: "JPEG, PNG or WebP pictures.")
  var images: [String] = []

  @Option(help: ArgumentHelp("Labels separated by commas, or a file with one a line.", valueName: "a,b,c"))
  var labels: String

  @Option(help: "A caption with {} for the label; may be given several times. (default: a photo of a {}.)")
  var template: [String] = []

  @Option(help: ArgumentHelp("Show only the best K labels.", valueName: "k"))
  var top: Int?

  @OptionGroup var engine: EngineOptions
  @OptionGroup(title: "Files of other programs") var model: ModelOptions

  @Flag(help: "Print JSON.")
  var json = false

  func validate() throws {
    try model.requireModel(file)
    guard !pictures.isEmpty else { throw ValidationError("Name a picture: F.onnx IMAGE…") }
    if let top, top < 1 { throw ValidationError("--top must be 1 or more, not \(top)") }
  }

  func run() throws {
    let labels = try Labels.read(labels)
    try Labels.requireChoice(labels)
    let clip = try model.clip(model.isInParts ? nil : file, engine)
    let templates = template.isEmpty ? ["a photo of a {}."] : template
    let results = try clip.classify(pictures, labels: labels, templates: templates)
    let shown = results.map {
      Shown(
        image: $0.image, scores: $0.scores.prefix(top ?? labels.count).map(Shown.Score.init),
        assumptions: clip.assumptions.isEmpty ? nil : clip.assumptions)
    }
    if json { return try StandardOutput.json(shown) }
    if StandardOutput.isTerminal { return try printTable(shown) }
    for result in shown {
      for score in result.scores {
        try StandardOutput.line("\(result.image)\t\(Quantity.decimal(score.probability, 6))\t\(score.label)")
      }
    }
  }

  /// Where the model is in parts, there is no file before the pictures.
  private var pictures: [String] { model.isInParts ? [file].compactMap { $0 } + images : images }

  private func printTable(_ results: [Shown]) throws {
    for (index, result) in results.enumerated() {
      if index > 0 { try StandardOutput.line("") }
      try StandardOutput.line(result.image)
      var table = TextTable([.right, .left, .left])
      for score in result.scores {
        let bar = String(repeating: "█", count: Int((score.probability * 30).rounded()))
        table.add("  " + Quantity.percent(score.probability), score.label, bar)
      }
      for line in table.lines { try StandardOutput.line(line) }
    }
  }

  private struct Shown: Encodable {
    struct Score: Encodable {
      var label: String
      var probability: Double

      init(_ score: Classification.Score) { (label, probability) = (score.label, Double(score.probability)) }
    }
    var image: String
    var scores: [Score]
    var assumptions: [Assumption]?
  }
}
