import ArgumentParser
import Datasets
import Foundation
import Preprocessing
import Tensors

/// `clipgraph vocabulary --captions DATA --size N -o F`.
struct VocabularyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "vocabulary", abstract: "Learns a byte-level BPE vocabulary from captions.",
    discussion: """
      DATA is a folder of WebDataset shards, a list of shards (train-{00000..00003}.tar), or a text file with one caption a \
      line. The result is a text file of merges, one a line, as bpe_simple_vocab_16e6.txt is.

      Example:  clipgraph vocabulary --captions data --size 560 -o shapes.bpe
      """)

  @Option(help: ArgumentHelp("Shards, or a text file with one caption a line.", valueName: "data"))
  var captions: String

  @Option(help: "Number of identifiers: 512 for bytes, the merges, and 2 for start and end of text.")
  var size: Int

  @Option(name: [.short, .long], help: "The file to write.")
  var output: String

  @Option(help: "Whose cleaning the captions pass through: openai, open_clip or hugging-face.")
  var kind: TokenizerArgument = .openCLIP

  @Flag(help: "Print what was learnt as JSON.")
  var json = false

  func validate() throws {
    guard size >= 514 else {
      throw ValidationError("--size must be 514 or more (512 for bytes, 2 for start and end of text), not \(size)")
    }
  }

  func run() throws {
    try OutputFile.check(output)
    let texts = try readCaptions()
    let bar = ProgressBar("merging", total: size - 514)
    let vocabulary = try BytePairVocabulary.learn(captions: texts, size: size, kind: kind.kind) { done, _ in
      bar.update(done)
    }
    bar.finish()
    guard vocabulary.size == size else {
      throw Failure(
        captions,
        "\(texts.count) captions give a vocabulary of \(vocabulary.size) at most, fewer than the \(size) asked for; give more "
          + "captions, or --size \(vocabulary.size) (and a model of that vocab_size)")
    }
    try AtomicFile.write(Array(vocabulary.text.utf8), to: output)
    if json {
      try StandardOutput.json(Report(captions: texts.count, size: vocabulary.size, merges: vocabulary.mergeCount))
    } else {
      try StandardOutput.line(
        "\(output): \(vocabulary.size) identifiers from \(Quantity.count(texts.count)) captions")
    }
  }

  private func readCaptions() throws -> [String] {
    let paths = try ShardList.expand(captions)
    if paths.count == 1, !paths[0].hasSuffix(".tar") {
      let text = try Storage.text(paths[0])
      let lines = text.utf8.split(separator: UInt8(ascii: "\n")).map { String(Substring($0)) }
        .filter { !$0.allSatisfy(\.isWhitespace) }
      if let long = lines.map(\.utf8.count).max(), long > Sample.longestCaption {
        throw Failure(captions, "a caption has \(long) bytes, more than the limit of \(Sample.longestCaption)")
      }
      if lines.isEmpty { throw Failure(captions, "holds no caption; give a text file with one caption a line") }
      return lines
    }
    let texts = try WebDataset(shards: paths).captions()
    if texts.isEmpty { throw Failure(captions, "holds no caption; every picture needs a KEY.txt beside it") }
    return texts
  }

  private struct Report: Encodable {
    var captions: Int
    var size: Int
    var merges: Int
  }
}
