import ArgumentParser
import Datasets

/// `clipgraph dataset shapes DIR --count N`.
struct ShapesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "shapes", abstract: "Draws pictures of coloured shapes with captions, as WebDataset shards.",
    discussion: """
      Writes DIR/train-00000.tar and so on: pictures (64 × 64 PNG) of one or two shapes, and captions. Some combinations of \
      shape and colour never occur in training. With --test it writes DIR/test-00000.tar and so on: pictures of those \
      combinations alone, each with sixteen captions to choose from.

      Example:
        clipgraph dataset shapes data --count 20000
        clipgraph dataset shapes data --count 1000 --test
      """)

  @Argument(help: "The folder to write to; made if it is not there.")
  var directory: String

  @Option(help: "How many pictures to draw.")
  var count: Int

  @Option(help: "The same seed draws the same pictures.")
  var seed: UInt64 = 0

  @Flag(help: "Draw the test split: unseen combinations, with candidate captions.")
  var test = false

  @Option(help: ArgumentHelp("Pictures in one shard.", valueName: "n"))
  var samplesPerShard = 5_000

  @Flag(help: "Print the shards' paths as JSON.")
  var json = false

  func validate() throws {
    guard (1...100_000_000).contains(count) else { throw ValidationError("--count must be 1 or more, not \(count)") }
    guard samplesPerShard > 0 else { throw ValidationError("--samples-per-shard must be 1 or more") }
  }

  func run() throws {
    let bar = ProgressBar("drawing", total: count)
    let dataset = ShapesDataset(seed: seed, isTest: test, samplesPerShard: samplesPerShard)
    let shards = try dataset.write(to: directory, count: count) { done in bar.update(done) }
    bar.finish()
    if json {
      try StandardOutput.json(Report(samples: count, shards: shards))
    } else {
      try StandardOutput.line(
        "\(Quantity.count(count)) pictures in \(shards.count) shards: \(shards.joined(separator: " "))")
    }
  }

  private struct Report: Encodable {
    var samples: Int
    var shards: [String]
  }
}
