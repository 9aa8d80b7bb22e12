import CLIPModel
import Foundation
import Graphs
import Operators
import Passes
import Tensors
import Testing

@testable import ClipGraph

/// Captions are computed as far as they are read, and the numbers stay the same to the last bit.
@Suite("Captions of many lengths")
struct CaptionTests {
  private static let file = Peer.root + "/models/shapes.onnx"
  private static let captions = [
    "a red circle", "blue", "a small green square and a large yellow triangle on white", "", "two rings",
    "a red circle",
    "a blue square left of a red ring below a green star",
  ]

  @Test("a caption's features do not depend on what is encoded beside it", arguments: [1, 2, 32])
  func exactness(batchSize: Int) throws {
    let clip = try CLIP(contentsOf: CaptionTests.file, options: .init(threads: 2, batchSize: batchSize))
    let tokenizer = try #require(clip.tokenizer)
    let tokens = try tokenizer.tokenize(CaptionTests.captions)
    let whole = NDArray(
      whole: CaptionTests.captions.indices.flatMap { tokens[$0].map { Int($0) } },
      [CaptionTests.captions.count, tokenizer.contextLength], as: .int64)
    let expected = try #require(try clip.engine.run(["text": whole], outputs: ["text_features"])["text_features"])
    let features = try clip.encode(texts: CaptionTests.captions)
    #expect(features.values == expected.values(as: Float.self))
  }

  @Test func portionsHoldCaptionsOfLikeLength() {
    let lengths = [77, 5, 8, 6, 70, 9, 16, 5]
    #expect(CaptionLengths.portions(lengths, of: 4, limit: 77) == [[1, 7, 3, 2], [5, 6], [4, 0]])
    #expect(CaptionLengths.portions([20, 3, 12], of: 8, limit: 24) == [[1, 2, 0]])
    #expect(CaptionLengths.portions([], of: 8, limit: 24) == [])
    #expect([1, 8, 9, 77].map { CaptionLengths.rounded($0, limit: 77) } == [8, 8, 16, 77])
  }

  @Test func endsFollowThePooling() {
    let tokens = NDArray([1, 9, 3, 9, 4, 2, 7, 2] as [Int64], [2, 4])
    #expect(CaptionLengths.ends(tokens, .argmax) == [1, 2])
    #expect(CaptionLengths.ends(tokens, .endOfText(2)) == [0, 1])
  }

  @Test("a graph of a fixed length is opened where nothing behind the end is read")
  func fixedLength() throws {
    let graph = try readModel(CaptionTests.file).graph.bound(["sequence": 24])
    let cut = try #require(CausalCut(graph.selecting(outputs: ["text_features"], updates: false), input: "text"))
    #expect(cut.place == .largest)
    let (plain, open) = (
      try Engine(graph, compilation: .inference, threads: 1), try Engine(cut.graph, compilation: .inference, threads: 1)
    )
    var values = [Int64](repeating: 0, count: 3 * 24)
    for (row, end) in [3, 9, 6].enumerated() {
      for place in 0..<end { values[row * 24 + place] = Int64(place * 7 + row) }
      values[row * 24 + end] = 500
      // What stands behind the end is as good as any other.
      for place in end + 1..<24 { values[row * 24 + place] = Int64(place) }
    }
    let tokens = NDArray(values, [3, 24])
    let expected = try plain.run(["text": tokens], outputs: ["text_features"])["text_features"]
    for length in [10, 16, 24] {
      let result = try open.run(["text": tokens.columns(upTo: length)], outputs: ["text_features"])["text_features"]
      #expect(result == expected)
    }
  }
}
