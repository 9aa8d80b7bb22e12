import ClipGraph
import Testing

@testable import Evaluation

@Suite("Retrieval")
struct RetrievalTests {
  struct Direction: Decodable {
    var ranks: [Int]
    var ties: Int
    var recalls: [Double]
    var median: Double
    var mean: Double
  }

  struct Fixture: Decodable {
    var width: Int
    var images: [Float]
    var texts: [Float]
    var owner: [Int]
    var imageToText: Direction
    var textToImage: Direction
    var imagesWithoutText: [Int]
  }

  private func expectEqual(_ ranks: RetrievalRanks, _ truth: Direction) {
    #expect(ranks.ranks == truth.ranks)
    #expect(ranks.tiedQueries == truth.ties)
    for (k, recall) in zip([1, 5, 10], truth.recalls) {
      expectClose(ranks.recall(at: k), recall)
      expectClose(ranks.hits(at: k).reduce(0, +) / Double(ranks.ranks.count), recall)
    }
    expectClose(ranks.medianRank, truth.median)
    expectClose(ranks.meanRank, truth.mean)
  }

  @Test("features and scores in blocks of any size give NumPy's ranks", arguments: [1, 5, 12, 64])
  func agrees(blockSize: Int) throws {
    let f = try EvaluationFixtures.read(Fixture.self, "retrieval.json")
    let features = try RetrievalMetrics(
      imageFeatures: f.images, textFeatures: f.texts, width: f.width, imageOfText: f.owner, blockSize: blockSize)
    expectEqual(features.imageToText, f.imageToText)
    expectEqual(features.textToImage, f.textToImage)
    #expect(features.imagesWithoutText == f.imagesWithoutText)
    func score(_ image: Int, _ text: Int) -> Float {
      (0..<f.width).reduce(0) { $0 + f.images[image * f.width + $1] * f.texts[text * f.width + $1] }
    }
    var longest = 0
    let closure = try RetrievalMetrics(
      images: f.images.count / f.width, imageOfText: f.owner, blockSize: blockSize
    ) { rows throws(EvaluationError) in
      longest = max(longest, rows.count)
      return rows.flatMap { image in f.owner.indices.map { score(image, $0) } }
    }
    #expect(closure == features)
    #expect(longest == min(blockSize, f.images.count / f.width))
  }

  @Test("of equal scores the right one comes last, and they are counted")
  func ties() throws {
    let metrics = try RetrievalMetrics(images: 2, imageOfText: [0, 1, 1]) { rows throws(EvaluationError) in
      [Float](repeating: 0.5, count: rows.count * 3)
    }
    #expect(metrics.imageToText == RetrievalRanks(ranks: [3, 2], tiedQueries: 2))
    #expect(metrics.textToImage == RetrievalRanks(ranks: [2, 2, 2], tiedQueries: 3))
    let ranks = RetrievalRanks(ranks: [9, 1, 4, 2], tiedQueries: 0)
    #expect(ranks.medianRank == 3 && ranks.meanRank == 4)
    #expect(ranks.recall(at: 0) == 0 && ranks.recall(at: 2) == 0.5 && ranks.recall(at: 100) == 1)
  }

  @Test("what is no number comes last")
  func numbers() {
    var counts = RetrievalCounts(images: 2, imageOfText: [0, 1, 1])
    for text in 0..<3 { counts.setScore(.nan, ofText: text) }
    counts.add([Float](repeating: .nan, count: 6), rows: 0..<2)
    #expect(counts.imageToText.ranks == [3, 2] && counts.textToImage.ranks == [2, 2, 2])
  }

  @Test("what cannot be measured is refused")
  func refused() {
    func measure(
      _ images: [Float] = [1, 0, 0, 1], _ texts: [Float] = [1, 0, 0, 1], width: Int = 2, owner: [Int] = [0, 1],
      blockSize: Int = 1
    ) throws {
      _ = try RetrievalMetrics(
        imageFeatures: images, textFeatures: texts, width: width, imageOfText: owner, blockSize: blockSize)
    }
    expectRefusal("image features: there are none") { try measure([]) }
    expectRefusal("text features: there are none") { try measure([1, 0], []) }
    expectRefusal("do not fill rows of width 2") { try measure([1, 0, 0]) }
    expectRefusal("rows of width 0") { try measure(width: 0) }
    expectRefusal("row 1 holds nan") { try measure([1, 0, .nan, 1]) }
    expectRefusal("row 0 holds inf") { try measure([1, 0], [.infinity, 1], owner: [0]) }
    expectRefusal("images for 3 texts") { try measure(owner: [0, 1, 1]) }
    expectRefusal("text 1 belongs to image 2") { try measure(owner: [0, 2]) }
    expectRefusal("text 0 belongs to image -1") { try measure(owner: [-1, 0]) }
    expectRefusal("a block of 0 image rows") { try measure(blockSize: 0) }
    expectRefusal("image 0 with text 0 is not a number") {
      let huge = Float.greatestFiniteMagnitude
      try measure([huge, huge], [huge, -huge], owner: [0])
    }
    func measure(images: Int, owner: [Int], _ scores: [Float]) throws {
      _ = try RetrievalMetrics(images: images, imageOfText: owner) { _ throws(EvaluationError) in scores }
    }
    expectRefusal("there are no images") { try measure(images: 0, owner: [0], []) }
    expectRefusal("there are no texts") { try measure(images: 1, owner: [], []) }
    expectRefusal("are 3 numbers, not 4") { try measure(images: 2, owner: [0, 1], [1, 2, 3]) }
    expectRefusal("image 1 with text 0 is not a number") { try measure(images: 2, owner: [0, 1], [1, 2, .nan, 3]) }
    expectRefusal("no scores today") {
      _ = try RetrievalMetrics(images: 1, imageOfText: [0]) { _ throws(EvaluationError) in
        throw EvaluationError("test", "no scores today")
      }
    }
  }
}
