import Foundation
import Preprocessing
import Tensors
import Testing

@testable import Datasets

@Suite("Shards")
final class ShardTests {
  let folder: String

  init() throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("clipgraph-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  func bytes(_ path: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(fileURLWithPath: path))) }

  @Test("written samples are read back in order, with labels and JSON")
  func roundTrip() throws {
    let paths = try ShapesDataset(seed: 1, isTest: true, samplesPerShard: 3).write(to: folder, count: 7)
    #expect(paths.map { ($0 as NSString).lastPathComponent } == ["test-00000.tar", "test-00001.tar", "test-00002.tar"])
    let samples = try WebDataset(shards: try ShardList.expand(folder)).samples()
    #expect(samples.map(\.key) == (0..<7).map { "0000000\($0)" })
    for (index, sample) in samples.enumerated() {
      let drawn = try ShapesDataset(seed: 1, isTest: true).sample(index)
      #expect(try sample.encodedImage() == drawn.png && sample.caption == drawn.caption && sample.json != nil)
    }
  }

  @Test(
    "Python's tarfile reads what is written",
    .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/tar"), "needs tar"))
  func tar() throws {
    let path = try ShapesDataset(seed: 1).write(to: folder, count: 2)[0]
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/tar")
    process.arguments = ["-tf", path]
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let listing = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    #expect(listing == "00000000.png\n00000000.txt\n00000001.png\n00000001.txt\n")
  }

  @Test("an archive cut anywhere gives what came before and then an error or the end, never a crash")
  func truncated() throws {
    let path = try ShapesDataset(seed: 1).write(to: folder, count: 3)[0]
    let whole = try bytes(path)
    for length in stride(from: 0, to: whole.count - 1024 - 512, by: 97) {
      let cut = folder + "/cut.bin"
      try Data(whole.prefix(length)).write(to: URL(fileURLWithPath: cut))
      var count = 0
      do {
        try WebDataset.read(cut) { _ in
          count += 1
          return true
        }
      } catch { #expect(error.place == cut) }
      #expect(count < 3)
    }
  }

  @Test("a class is a number, a caption is short, and a picture's file no larger than pictures are")
  func absurdParts() throws {
    let path = folder + "/absurd.tar"
    let writer = try TarWriter(path)
    for (key, label) in [("a", "12\n"), ("b", "-1"), ("c", "99999999999999999999"), ("d", "1 2"), ("e", " 7")] {
      try writer.add(key + ".png", [1])
      try writer.add(key + ".txt", Array("a cat".utf8))
      try writer.add(key + ".cls", Array(label.utf8))
    }
    try writer.finish()
    #expect(try WebDataset(shards: [path]).samples().map(\.label) == [12, -1, nil, 1, 7])
    let long = try TarWriter(path)
    try long.add("a.png", [1])
    try long.add("a.txt", [UInt8](repeating: 0x61, count: 2 << 20))
    try long.finish()
    let error = #expect(throws: DatasetError.self) { try WebDataset(shards: [path]).captions() }
    #expect(error?.description.hasPrefix("\(path): a: a caption has more than 1048576 bytes") == true)
    let sparse = folder + "/sparse.png"
    #expect(FileManager.default.createFile(atPath: sparse, contents: nil) && truncate(sparse, 1 << 30) == 0)
    let picture = Sample(key: "p", source: "s", image: FilePart(path: sparse), caption: "")
    #expect(throws: DatasetError.self) { try picture.encodedImage() }
  }

  /// The header of a file of `size` bytes in a tar archive.
  private func header(_ name: String, size: Int) throws -> [UInt8] {
    let path = folder + "/header.tar"
    let writer = try TarWriter(path)
    try writer.add(name, [])
    try writer.finish()
    var header = Array(try bytes(path).prefix(512))
    let digits = String(size, radix: 8)
    header.replaceSubrange(
      124..<135, with: (String(repeating: "0", count: 11 - digits.count) + digits).utf8)
    header.replaceSubrange(148..<156, with: repeatElement(32, count: 8))
    let sum = String(header.reduce(0) { $0 + Int($1) }, radix: 8)
    header.replaceSubrange(148..<156, with: (String(repeating: "0", count: 6 - sum.count) + sum + "\0 ").utf8)
    return header
  }

  @Test("the samples of a shard do not hold its pictures: forty of 600 MB take no memory")
  func vastPictures() throws {
    let (path, size) = (folder + "/vast.tar", 600 << 20)
    #expect(FileManager.default.createFile(atPath: path, contents: nil))
    let file = try #require(FileHandle(forWritingAtPath: path))
    for index in 0..<40 {
      try file.write(contentsOf: Data(try header("\(index).png", size: size)))
      try file.seek(toOffset: try file.offset() + UInt64(size))
      try file.write(contentsOf: Data(try header("\(index).txt", size: 0)))
    }
    try file.write(contentsOf: Data(count: 1024))
    try file.close()
    let samples = try WebDataset(shards: [path]).samples()
    #expect(samples.count == 40 && samples[39].image.range?.count == size)
    let error = #expect(throws: DatasetError.self) { try samples[39].encodedImage() }
    #expect(error?.message.contains("more than the limit") == true)
    #expect(truncate(path, 5_000) == 0)
    let shorter = #expect(throws: DatasetError.self) { try samples[0].encodedImage() }
    #expect(shorter?.description.hasPrefix("\(path): the file has become shorter") == true)
  }

  @Test(
    "lists expand",
    arguments: [
      ("{00..03}.tar", ["00.tar", "01.tar", "02.tar", "03.tar"]), ("{a,b}.tar", ["a.tar", "b.tar"]),
      ("a.tar::b.tar", ["a.tar", "b.tar"]), ("*1.tar", ["01.tar"]),
    ])
  func expansion(pattern: String, expected: [String]) throws {
    for name in ["00", "01", "02", "03", "a", "b"] {
      _ = FileManager.default.createFile(atPath: "\(folder)/\(name).tar", contents: nil)
    }
    let argument = pattern.components(separatedBy: "::").map { "\(folder)/\($0)" }.joined(separator: "::")
    #expect(try ShardList.expand(argument) == expected.map { "\(folder)/\($0)" })
  }

  @Test("what names no data is refused", arguments: ["/nowhere/x.tar", "/nowhere/*.tar", "", "{9..1}.tar"])
  func noData(argument: String) {
    #expect(throws: DatasetError.self) { try ShardList.expand(argument) }
  }

  @Test("batches hold padded captions and normalised pictures, in an order that the seed decides")
  func batches() throws {
    let paths = try ShapesDataset(seed: 1, samplesPerShard: 20).write(to: folder, count: 40)
    let captions = try WebDataset(shards: paths).captions()
    let vocabulary = try BytePairVocabulary.learn(captions: captions, size: 600)
    let tokenizer = Tokenizer(vocabulary: vocabulary, kind: .openCLIP, contextLength: 24)
    var options = BatchLoader.Options()
    (options.batchSize, options.seed) = (8, 3)
    func first(_ options: BatchLoader.Options) throws -> [Batch] {
      let loader = BatchLoader(
        shards: paths, preprocessing: ImagePreprocessing(size: 32), tokenizer: tokenizer, options: options)
      defer { loader.stop() }
      return [try loader.next(), try loader.next()]
    }
    let (one, two) = (try first(options), try first(options))
    #expect(one[0].image == two[0].image && one[1].text == two[1].text)
    #expect(one[0].image.sizes == [8, 3, 32, 32] && one[0].text.sizes[0] == 8)
    let rows = one[0].text.values(as: Int64.self)
    let length = one[0].text.sizes[1]
    #expect(length <= 24)
    for row in 0..<8 {
      let tokens = rows[row * length..<(row + 1) * length]
      #expect(tokens.first == Int64(vocabulary.startOfText))
      #expect(tokens.count { $0 == Int64(vocabulary.endOfText) } == 1)
    }
    options.seed = 4
    #expect(try first(options)[0].image != one[0].image)
  }

  @Test("a stream goes on from any position, on any number of threads")
  func positions() throws {
    let paths = try ShapesDataset(seed: 1, samplesPerShard: 20).write(to: folder, count: 60)
    let vocabulary = try BytePairVocabulary.learn(captions: try WebDataset(shards: paths).captions(), size: 600)
    let tokenizer = Tokenizer(vocabulary: vocabulary, kind: .openCLIP, contextLength: 24)
    func batches(_ count: Int, workers: Int, from position: StreamPosition? = nil) throws -> [Batch] {
      var options = BatchLoader.Options()
      (options.batchSize, options.seed, options.shuffleBuffer) = (7, 3, 32)
      (options.workers, options.resume) = (workers, position)
      let loader = BatchLoader(
        shards: paths, preprocessing: ImagePreprocessing(size: 32), tokenizer: tokenizer, options: options)
      defer { loader.stop() }
      return try (0..<count).map { _ in try loader.next() }
    }
    // Two epochs and more.
    let whole = try batches(20, workers: 1)
    #expect(Set(whole.flatMap(\.keys)).count == 60)
    for at in [0, 1, 5, 9, 13] {
      let position = try StreamPosition(text: whole[at].position.text)
      #expect(position == whole[at].position && position.fits(WebDataset(shards: paths), batchSize: 7))
      let rest = try batches(19 - at, workers: 3, from: position)
      for (one, other) in zip(rest, whole[(at + 1)...]) {
        #expect(one.keys == other.keys && one.image == other.image && one.text == other.text)
        #expect(one.position == other.position)
      }
    }
    #expect(!whole[0].position.fits(WebDataset(shards: Array(paths.dropLast())), batchSize: 7))
    #expect(throws: DatasetError.self) { try StreamPosition(text: "{") }
    var beyond = whole[0].position
    beyond.drawn += 1
    #expect(beyond != whole[0].position)
  }

  @Test("a broken picture is skipped and counted; too many are an error")
  func broken() throws {
    let tokenizer = Tokenizer(vocabulary: BytePairVocabulary(), kind: .openCLIP, contextLength: 24)
    let good = try ShapesDataset(seed: 1).sample(0)
    func loader(badShare: Int) throws -> BatchLoader {
      let path = "\(folder)/bad\(badShare).tar"
      let tar = try TarWriter(path)
      for index in 0..<400 {
        let key = String(1000 + index)
        try tar.add(key + ".png", index % badShare == 0 ? Array("no picture".utf8) : good.png)
        try tar.add(key + ".txt", Array("a".utf8))
      }
      try tar.finish()
      var options = BatchLoader.Options()
      options.batchSize = 64
      return BatchLoader(
        shards: [path], preprocessing: ImagePreprocessing(size: 32), tokenizer: tokenizer, options: options)
    }
    let few = try loader(badShare: 200)
    for _ in 0..<6 { _ = try few.next() }
    few.stop()
    #expect(few.skipped.count >= 1)
    #expect(few.skipped.latest.contains("bad200.tar"))
    let many = try loader(badShare: 3)
    let error = #expect(throws: DatasetError.self) { for _ in 0..<20 { _ = try many.next() } }
    many.stop()
    #expect(error?.message.contains("one in a hundred") == true)
  }
}
