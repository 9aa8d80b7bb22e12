import ClipGraph
import Testing

@testable import Evaluation

@Suite("Features of a part of a data set")
struct EncodedPartTests {
  /// Rows of one feature each.
  private func rows(_ range: Range<Int>) -> Embeddings {
    Embeddings(rows: range.count, width: 1, values: range.map(Float.init))
  }

  /// Encodes the samples 0 ..< count in portions of `portion`, as far as the cache does not have them.
  private func encode(_ count: Int, kept: Embeddings?, portion: Int = 4) -> (found: [Float], part: EncodedPart) {
    var part = EncodedPart(key: "k", kept: kept)
    var found: [Float] = []
    for start in stride(from: 0, to: count, by: portion) {
      let range = start..<min(start + portion, count)
      if let known = part.next(range.count) {
        found += known.values
      } else {
        found += rows(range).values
        part.add(rows(range))
      }
    }
    return (found, part)
  }

  @Test("every sample gets its own row, however many the cache has", arguments: [nil, 1, 4, 6, 9, 10, 12])
  func agrees(kept: Int?) throws {
    let (found, part) = encode(10, kept: kept.map { rows(0..<$0) })
    #expect(found == rows(0..<10).values)
    #expect(part.made?.values == (kept == 10 ? nil : rows(0..<10).values))
  }

  @Test("nothing is made of nothing, and nothing collected without a key")
  func empty() {
    #expect(encode(0, kept: nil).part.made?.rows == nil)
    var part = EncodedPart()
    part.add(rows(0..<3))
    #expect(part.made?.rows == nil)
  }
}
