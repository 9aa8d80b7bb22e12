import ArgumentParser
import Foundation
import Preprocessing

/// `clipgraph tokenize --vocabulary F`.
struct TokenizeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tokenize", abstract: "Turns texts into token identifiers.",
    discussion: """
      Reads JSON strings, one a line, from standard input, and prints one JSON array of identifiers for each, without start \
      and end of text.

      Example:  echo '"a red circle"' | clipgraph tokenize --vocabulary bpe_simple_vocab_16e6.txt.gz
      """)

  @Option(help: "A file of BPE merges, plain or packed with gzip.")
  var vocabulary: String

  @Option(help: "Whose rules to follow: openai, open_clip or hugging-face.")
  var kind: TokenizerArgument = .openai

  func run() throws {
    let tokenizer = Tokenizer(vocabulary: try BytePairVocabulary(contentsOf: vocabulary), kind: kind.kind)
    let decoder = JSONDecoder()
    var number = 0
    while let line = readLine() {
      number += 1
      guard let text = try? decoder.decode(String.self, from: Data(line.utf8)) else {
        throw Failure("standard input, line \(number)", "is not a JSON string; write one string in quotes on each line")
      }
      try StandardOutput.line("[" + tokenizer.encode(text).map(String.init).joined(separator: ", ") + "]")
    }
  }
}
