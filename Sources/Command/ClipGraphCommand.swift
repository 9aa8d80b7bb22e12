import ArgumentParser

/// `clipgraph`: the root of all commands, and the way from an error to words and an exit code.
@main
struct ClipGraphCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "clipgraph",
    abstract: "Declares CLIP as a graph, stores it as ONNX, trains it from the file, and runs it on CPUs.",
    discussion: """
      A first walk:

        clipgraph dataset shapes data --count 20000
        clipgraph vocabulary --captions data --size 560 -o shapes.bpe
        clipgraph export shapes --training --vocabulary shapes.bpe -o training.onnx
        clipgraph train training.onnx --data data --steps 1500 -o shapes.onnx
        clipgraph classify shapes.onnx picture.png --labels "a red circle,a blue square"

      Exit codes: 0 success, 1 failure (one line on stderr says what, where and how to mend it), 64 wrong usage, 130 \
      interrupted.
      """,
    version: "0.1.0",
    subcommands: [
      ExportCommand.self, ConvertCommand.self, CheckpointCommand.self, VocabularyCommand.self,
      MakeTrainableCommand.self,
      TrainCommand.self, PlotCommand.self,
      EvaluateCommand.self, ClassifyCommand.self,
      EmbedCommand.self, RunCommand.self, InspectCommand.self, OptimizeCommand.self, BenchCommand.self,
      DatasetCommand.self, DatasetsCommand.self, TokenizeCommand.self, PreprocessCommand.self,
    ])

  static func main() {
    let command: any ParsableCommand
    do {
      try ArgumentCheck.validate(CommandLine.arguments.dropFirst())
      command = try parseAsRoot()
    } catch {
      exit(withError: error)
    }
    do {
      var command = command
      try command.run()
      try StandardOutput.flush()
    } catch {
      Failure.exit(error)
    }
  }
}
