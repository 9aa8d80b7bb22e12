import ArgumentParser

/// `clipgraph evaluate`: zero-shot classification, which goes without its name, retrieval, linear probes,
/// robustness, bias.
struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Measures how good a model is: zero-shot, retrieval, linear probes, robustness, bias.",
    discussion: """
      Examples:
        clipgraph evaluate zero-shot shapes.onnx --data 'data/test-*.tar'
        clipgraph evaluate retrieval shapes.onnx --data captions.csv

      Without a name of a measure it is zero-shot.
      """,
    subcommands: [
      ZeroShotCommand.self, RetrievalCommand.self, LinearProbeCommand.self, RobustnessCommand.self, BiasCommand.self,
    ],
    defaultSubcommand: ZeroShotCommand.self)
}
