import Foundation
import Preprocessing
import Testing

/// Canonical composition in front of the merges.
@Suite struct CompositionTests {
  private let tokenizer = Tokenizer(vocabulary: BytePairVocabulary(), kind: .huggingFace)

  /// The scalars that a text is composed to: small letters and marks alone go through the other cleaning unchanged.
  private func composed(_ text: String) -> [UInt32] {
    tokenizer.decode(tokenizer.encode(text)).unicodeScalars.filter { $0 != " " }.map(\.value)
  }

  /// Texts and what CPython's `unicodedata.normalize("NFC", text)` makes of them.
  @Test(arguments: [
    ("e\u{301}", [0xe9]), ("e\u{323}\u{302}", [0x1ec7]), ("\u{e9}\u{323}", [0x1eb9, 0x301]),
    ("a\u{315}\u{300}\u{5ae}\u{300}b", [0xe0, 0x5ae, 0x300, 0x315, 0x62]),
    ("a\u{f73}\u{323}", [0x1ea1, 0xf71, 0xf72]), ("\u{344}", [0x308, 0x301]), ("\u{3b9}\u{344}", [0x390]),
    ("\u{958}", [0x915, 0x93c]), ("\u{2adc}", [0x2add, 0x338]), ("\u{9c7}\u{9be}", [0x9cb]),
    ("\u{3b1}\u{345}\u{300}\u{313}", [0x1fb2, 0x313]), ("\u{3b1}\u{313}\u{300}\u{345}", [0x1f82]),
    ("\u{1100}\u{1161}\u{11a8}", [0xac01]), ("\u{ac00}\u{11a8}", [0xac01]),
    ("\u{ac00}\u{308}\u{11a8}", [0xac00, 0x308, 0x11a8]),
    ("\u{ac01}\u{11a8}", [0xac01, 0x11a8]), ("\u{304b}\u{3099}", [0x304c]), ("\u{f900}", [0x8c48]),
    ("\u{1d15e}", [0x1d157, 0x1d165]), ("\u{11131}\u{11127}", [0x1112e]),
  ])
  func composesAsUnicodeSays(text: String, expected: [UInt32]) {
    #expect(composed(text) == expected)
  }

  /// Runs so long that a square of their length would not end.
  @Test(.timeLimit(.minutes(2))) func longRunsOfMarksAreComposed() {
    let count = 80_000
    func many(_ scalars: UInt32...) -> [UInt32] { Array(repeatElement(scalars, count: count).joined()) }
    func text(_ values: [UInt32]) -> String {
      var view = String.UnicodeScalarView()
      view.append(contentsOf: values.compactMap(Unicode.Scalar.init))
      return String(view)
    }
    // Mixed classes, a composed letter whose own mark goes behind all others, and marks that decompose.
    let cases: [([UInt32], [UInt32])] = [
      ([0x61] + many(0x301, 0x323), [0x1ea1] + many(0x323).dropLast() + many(0x301)),
      ([0xe1] + many(0x316), [0xe1] + many(0x316)),
      ([0x3b9] + many(0x344), [0x390] + Array((many(0x308, 0x301)).dropFirst(2))),
      (many(0xf73), many(0xf71) + many(0xf72)), (many(0x1100, 0x1161, 0x11a8), many(0xac01)),
    ]
    for (values, expected) in cases { #expect(composed(text(values)) == expected) }
  }

  /// Every kind of text whose pieces touch one another ends, and loses no word.
  @Test(
    .timeLimit(.minutes(2)),
    arguments: [
      "\u{1f1e6}", "\u{1f468}\u{200d}", "a\u{301}\u{316}", "\u{3000} \t", "&amp;", "amp;", "\u{1b}[1", "'\u{3a3}", "<|",
    ])
  func longTextsAreCleaned(unit: String) {
    let text = "&" + String(repeating: unit, count: 40_000) + " end"
    for kind in TokenizerKind.allCases {
      let tokenizer = Tokenizer(vocabulary: BytePairVocabulary(), kind: kind)
      let end = tokenizer.encode("end")
      #expect(tokenizer.encode(text).suffix(end.count) == end[...])
    }
  }
}
