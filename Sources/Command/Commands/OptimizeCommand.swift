import ArgumentParser
import ClipGraph
import Graphs

/// `clipgraph optimize F.onnx -o G.onnx`.
struct OptimizeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "optimize", abstract: "Writes a graph file as the inference passes leave it.",
    discussion: """
      The graph is fused once and for all, and stays symbolic. Operators that the standard lacks are calls of functions that \
      the file defines in operators of the standard, so that other programs run it too; this one takes its own kernels for \
      them. Weights in half or double precision become single precision. Metadata, documentation, producer and imports stay.

      Inputs with a default (initializers that are also inputs) become constants: their numbers are computed with, and a \
      caller can no longer give others. They are named in what is printed.

      A training algorithm reads values that are fused away: a file with one is refused, unless --inference-only leaves the \
      algorithm out.

      Example:  clipgraph optimize foreign.onnx -o fused.onnx --opset 20
      """)

  @Argument(help: "A graph file.")
  var file: String

  @OptionGroup var trust: TrustOptions

  @Option(name: [.short, .long], help: "The file to write.")
  var output: String

  @OptionGroup var version: OpsetOption

  @Flag(help: "Leave the training algorithm out.")
  var inferenceOnly = false

  @Flag(help: "Put the weights into a file of their own beside the output (always so for large models).")
  var externalData = false

  @Flag(help: "Print what was written as JSON.")
  var json = false

  func run() throws {
    try OutputFile.check(output)
    let model = try readModel(file, trustedRoot: trust.trustedRoot)
    if model.training != nil && !inferenceOnly {
      throw Failure(
        file,
        "has a training algorithm, which reads values that are fused away; add --inference-only to leave it out, or keep the "
          + "file as it is: commands fuse what they read")
    }
    let result = try model.optimized()
    try writeModel(result, to: output, opset: version.opset, functions: true, externalData: externalData)
    let fixed = model.graph.defaults.sorted()
    let (before, after) = (model.graph.nodes.count, result.graph.nodes.count)
    if json {
      return try StandardOutput.json(
        Report(
          file: output, opset: version.opset, nodesBefore: before, nodesAfter: after, fixedDefaults: fixed,
          operators: result.graph.operatorCounts.map { .init(name: $0.name, count: $0.count) }))
    }
    try StandardOutput.line("\(output): \(after) nodes, where \(file) has \(before)")
    if !fixed.isEmpty {
      let names = fixed.prefix(3).joined(separator: ", ") + (fixed.count > 3 ? ", …" : "")
      try StandardOutput.line("inputs with a default became constants: \(names) (\(fixed.count))")
    }
    for use in result.graph.operatorCounts { try StandardOutput.line("  \(use.count) \(use.name)") }
  }

  private struct Report: Encodable {
    var file: String
    var opset: Int
    var nodesBefore: Int
    var nodesAfter: Int
    var fixedDefaults: [String]
    var operators: [ModelSummary.OperatorUse]
  }
}
