import ArgumentParser

/// `clipgraph dataset …`.
struct DatasetCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dataset", abstract: "Makes data sets.",
    discussion: "Example:  clipgraph dataset shapes data --count 20000", subcommands: [ShapesCommand.self])
}
