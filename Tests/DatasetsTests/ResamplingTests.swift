import Foundation
import Preprocessing
import Testing

@testable import Datasets

@Suite("Data drawn with replacement")
final class ResamplingTests {
  private let folder = NSTemporaryDirectory() + "/resampling-\(UUID().uuidString)"

  init() throws { try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true) }
  deinit { try? FileManager.default.removeItem(atPath: folder) }

  private func list(_ count: Int, caption: (Int) -> [String] = { ["\($0)"] }) -> SampleList {
    SampleList(name: "list", rows: (0..<count).map { .init(path: "\($0)", captions: caption($0)) })
  }

  private func keys(_ count: Int, of source: any SampleSource, seed: UInt64 = 1, buffer: Int = 64) throws -> [String] {
    var stream = SampleStream(source, bufferSize: buffer, seed: seed)
    return try (0..<count).map { _ in try stream.next().sample.key }
  }

  @Test("rows come with equal probability, whatever came before", arguments: [1, 64])
  func rows(buffer: Int) throws {
    let (rows, draws) = (50, 20_000)
    let drawn = try keys(draws, of: Resampled(list(rows)), buffer: buffer)
    let counts = Dictionary(grouping: drawn) { $0 }.mapValues(\.count)
    let expected = Double(draws) / Double(rows)
    let chiSquared = counts.values.reduce(0) { $0 + (Double($1) - expected) * (Double($1) - expected) / expected }
    // 49 degrees of freedom: 99.9 % of all samples lie in between.
    #expect(counts.count == rows && (21...90).contains(chiSquared))
    // A row follows itself as often as any other: binomial, 400 ± 5 · 19.8.
    #expect((301...499).contains(zip(drawn, drawn.dropFirst()).count { $0 == $1 }))
    // Of fifty draws, 50 (1 − 1/e) ≈ 32 rows are there: with an epoch's order it would be all of them.
    let distinct = stride(from: 0, to: draws, by: rows).map { Set(drawn[$0..<$0 + rows]).count }
    #expect((31.0...32.6).contains(Double(distinct.reduce(0, +)) / Double(distinct.count)))
    #expect(Set(try keys(rows, of: list(rows))).count == rows)
  }

  @Test("shards are drawn with replacement, and give all of their samples")
  func shards() throws {
    let paths = try ShapesDataset(seed: 1, samplesPerShard: 3).write(to: folder, count: 24)
    let drawn = try keys(3 * 400, of: Resampled(WebDataset(shards: paths)), buffer: 1)
    let shards = stride(from: 0, to: drawn.count, by: 3).map { start in
      let numbers = drawn[start..<start + 3].compactMap { Int($0) }
      #expect(numbers == (0..<3).map { numbers[0] + $0 } && numbers[0] % 3 == 0)
      return numbers[0] / 3
    }
    // Binomial, 50 ± 5 · 6.6 each; a shard follows itself as often.
    let counts = Dictionary(grouping: shards) { $0 }.mapValues(\.count)
    #expect(counts.count == 8 && counts.values.allSatisfy { (17...83).contains($0) })
    #expect((17...83).contains(zip(shards, shards.dropFirst()).count { $0 == $1 }))
  }

  @Test("batches depend on the seed alone and go on from any position", arguments: [true, false])
  func positions(inShards: Bool) throws {
    let paths = try ShapesDataset(seed: 1, samplesPerShard: 6).write(to: folder, count: 30)
    let captions = try WebDataset(shards: paths).captions()
    let tokenizer = Tokenizer(
      vocabulary: try BytePairVocabulary.learn(captions: captions, size: 600), kind: .openCLIP, contextLength: 24)
    var source: any SampleSource = WebDataset(shards: paths)
    if !inShards {
      let rows = try WebDataset(shards: paths).samples().map { sample in
        let path = "\(folder)/\(sample.key).png"
        try Data(sample.encodedImage()).write(to: URL(fileURLWithPath: path))
        return SampleList.Row(path: path, captions: [sample.caption, "another"])
      }
      source = SampleList(name: "list", rows: rows)
    }
    let resampled = Resampled(source)
    func batches(_ count: Int, workers: Int, seed: UInt64 = 3, from position: StreamPosition? = nil) throws -> [Batch] {
      var options = BatchLoader.Options()
      (options.batchSize, options.seed, options.shuffleBuffer) = (7, seed, 32)
      (options.workers, options.resume) = (workers, position)
      let loader = BatchLoader(
        resampled, preprocessing: ImagePreprocessing(size: 32), tokenizer: tokenizer, options: options)
      defer { loader.stop() }
      return try (0..<count).map { _ in try loader.next() }
    }
    let whole = try batches(16, workers: 1)
    for at in [0, 3, 8, 12] {
      let position = try StreamPosition(text: whole[at].position.text)
      #expect(position == whole[at].position && position.fits(resampled, batchSize: 7))
      #expect(!position.fits(source, batchSize: 7))
      let rest = try batches(15 - at, workers: 3, from: position)
      for (one, other) in zip(rest, whole[(at + 1)...]) {
        #expect(one.keys == other.keys && one.image == other.image && one.text == other.text)
        #expect(one.position == other.position)
      }
    }
    #expect(try batches(1, workers: 1, seed: 4)[0].keys != whole[0].keys)
  }

  @Test("what holds no sample at all is an error; a single one is found")
  func emptyRows() throws {
    #expect(throws: DatasetError.self) { try self.keys(1, of: Resampled(self.list(40) { _ in [] })) }
    #expect(throws: DatasetError.self) { try self.keys(1, of: Resampled(self.list(0))) }
    let single = Resampled(list(200) { $0 == 7 ? ["a"] : [] })
    #expect(try keys(9, of: single, buffer: 4) == .init(repeating: "7", count: 9))
    #expect(try Resampled(list(1_500)).count() == 1_500)
  }
}
