import Foundation
import Preprocessing
import Testing

@testable import Datasets

@Suite("Sources of data")
final class DataSourceTests {
  private let folder = NSTemporaryDirectory() + "/sources-\(UUID().uuidString)"

  init() throws { try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true) }
  deinit { try? FileManager.default.removeItem(atPath: folder) }

  private func write(_ name: String, _ text: String) throws -> String {
    let url = URL(fileURLWithPath: folder + "/" + name)
    try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: url)
    return url.path
  }

  private func rows(_ path: String, _ options: DataSource.Options = .init()) throws -> [SampleList.Row] {
    try #require(try DataSource.open(path, options) as? SampleList).rows
  }

  @Test("what is no regular file is refused, not waited for", arguments: ["a.csv", "a.jsonl", "a.tar"])
  func pipes(name: String) throws {
    #expect(mkfifo(folder + "/" + name, 0o600) == 0)
    let error = #expect(throws: DatasetError.self) { _ = try DataSource.open(folder + "/" + name).count() }
    #expect(error?.description.contains("not a regular file") == true, "\(error?.description ?? "")")
  }

  @Test("classes in tables and JSON lines: names, indices, several, left out")
  func classes() throws {
    var options = DataSource.Options()
    options.purpose = .classes(names: ["cat", "big dog"])
    let table = try write("c.csv", "path,label\na.jpg,big dog\nb.jpg,0 | ?big dog\nc.jpg,\n")
    let expected = [
      ClassLabels(present: [1]), ClassLabels(present: [0], leftOut: [1]), ClassLabels(present: []),
    ]
    #expect(try rows(table, options).map(\.classes) == expected)
    let lines = try write(
      "c.jsonl",
      "{\"path\": \"a\", \"label\": \"big dog\"}\n{\"path\": \"b\", \"label\": [0, \"?1\"]}\n{\"path\": \"c\", \"labels\": []}"
    )
    #expect(try rows(lines, options).map(\.classes) == expected)
    #expect(try DataSource.open(table, options).count() == 3)
    let wrong = try write("w.csv", "path,label\na.jpg,cat\nb.jpg,bird\n")
    var error = #expect(throws: DatasetError.self) { _ = try self.rows(wrong, options) }
    #expect(error?.description.contains("w.csv:3: is of class “bird”") == true, "\(error?.description ?? "")")
    let without = try write("n.csv", "path,title\na.jpg,cat\n")
    error = #expect(throws: DatasetError.self) { _ = try self.rows(without, options) }
    #expect(error?.description.contains("--csv-label-key") == true)
    // Where captions count, nothing of this is read.
    let captions = try write("t.csv", "path,label,title\na.jpg,bird,a bird\n")
    #expect(try rows(captions).map(\.classes) == [nil])
  }

  @Test("shards: classes are whole numbers, and captions may lack where classes count")
  func classesInShards() throws {
    let writer = try TarWriter(folder + "/a.tar")
    for (key, text) in [("0", "3\n"), ("1", "-1"), ("2", "1 ?4 2"), ("3", "two")] {
      try writer.add("\(key).jpg", [1, 2, 3])
      try writer.add("\(key).cls", Array(text.utf8))
    }
    try writer.finish()
    #expect(try WebDataset(shards: [folder + "/a.tar"]).samples().isEmpty)
    var options = DataSource.Options()
    options.purpose = .classes(names: ["a"])
    let samples = try DataSource.open(folder + "/a.tar", options).samples(in: 0).samples
    #expect(samples.map(\.label) == [3, -1, 1, nil])
    #expect(samples[2].classes == ClassLabels(present: [1, 2], leftOut: [4]) && samples[0].caption.isEmpty)
  }

  @Test("a NUL is no text", arguments: ["a.csv", "a.jsonl"])
  func nulls(name: String) throws {
    let path = try write(name, "filepath,title\n\0\n")
    let error = #expect(throws: DatasetError.self) { _ = try DataSource.open(path).count() }
    #expect(error?.description == "\(path): is no text in UTF-8: it holds a NUL")
  }

  @Test("tables: quoted fields, either separator, named columns")
  func tables() throws {
    let commas = try write("a.csv", "title,n,filepath\r\n\"a \"\"red\"\", round\nthing\",1,x/1.jpg\n\nplain,2,/2.png")
    #expect(
      try rows(commas) == [
        .init(path: folder + "/x/1.jpg", captions: ["a \"red\", round\nthing"]),
        .init(path: "/2.png", captions: ["plain"]),
      ])
    let tabs = try write("b.tsv", "filepath\ttitle\n1.jpg\ta, b\n")
    #expect(try rows(tabs) == [.init(path: folder + "/1.jpg", captions: ["a, b"])])
    var options = DataSource.Options()
    (options.imageKey, options.captionKey, options.separator, options.format) = ("p", "c", ";", .csv)
    let other = try write("c.txt", "c;p\nyes;1.jpg\n")
    #expect(try rows(other, options) == [.init(path: folder + "/1.jpg", captions: ["yes"])])
  }

  @Test("lines end with LF, CR LF or CR, what is no mark of the first bytes is a name, and U+2028 is a character")
  func lineEnds() throws {
    for end in ["\n", "\r\n", "\r"] {
      let records = ["\u{feff}filepath,title", "1.jpg,a\u{2028}b", "", "2.jpg,\u{301}c"]
      let path = try write("e.csv", records.joined(separator: end))
      #expect(try rows(path).map(\.captions) == [["a\u{2028}b"], ["\u{301}c"]])
    }
    let quoted = try write("q.csv", "filepath,title\r\n1.jpg,\"a\r\nb\"\r\n2.jpg\r\n")
    let error = #expect(throws: DatasetError.self) { try self.rows(quoted) }
    #expect(error?.description.hasPrefix(quoted + ":4: has 1 fields") == true)
    let objects = ["{\"image\": \"1.jpg\", \"caption\": \"a\u{2028}b\"}", "", "{\"image\": \"a\\u0000b\"}"]
    let lines = try write("l.jsonl", objects.joined(separator: "\r\n"))
    #expect(try rows(lines).map(\.captions) == [["a\u{2028}b"], []])
    let named = Sample(key: "p", source: "s", image: FilePart(path: folder + "/l.jsonl\0.png"), caption: "")
    #expect(throws: DatasetError.self) { try named.encodedImage() }
  }

  @Test("what is wrong with a table or a line is said, with its place")
  func mistakes() throws {
    let unnamed = try write("u.csv", "one,two\na,b\n")
    let short = try write("s.csv", "filepath,title\n1.jpg,a\n\n2.jpg\n")
    let noJSON = try write("j.jsonl", "{\"image\": \"1.jpg\", \"caption\": \"a\"}\nno\n")
    let noPath = try write("k.jsonl", "{\"caption\": \"a\"}\n")
    for (path, place, word) in [
      (unnamed, unnamed, "--csv-img-key"), (short, short + ":4", "1 fields"), (noJSON, noJSON + ":2", "no JSON"),
      (noPath, noPath + ":1", "names no picture"), (folder + "/none.csv", folder + "/none.csv", "No such file"),
      (try write("e.csv", "filepath,title\n"), folder + "/e.csv", "holds no picture"),
    ] {
      let error = #expect(throws: DatasetError.self) { try DataSource.open(path) }
      #expect(error?.place == place && error?.message.contains(word) == true, "\(String(describing: error))")
    }
  }

  @Test("JSON lines with one caption or several; a folder for each class")
  func listsAndFolders() throws {
    let lines = try write(
      "a.jsonl", "{\"file_name\": \"1.jpg\", \"captions\": [\"a\", \"b\"]}\n\n{\"path\": \"/2.jpg\", \"text\": \"c\"}")
    #expect(
      try rows(lines) == [
        .init(path: folder + "/1.jpg", captions: ["a", "b"]), .init(path: "/2.jpg", captions: ["c"]),
      ])
    for name in ["p/polar_bear/2.png", "p/polar_bear/1.JPG", "p/ant/1.webp", "p/ant/notes.txt"] {
      _ = try write(name, "")
    }
    var options = DataSource.Options()
    options.template = "the {}"
    let pictures = folder + "/p"
    #expect(
      try rows(pictures, options) == [
        .init(path: pictures + "/ant/1.webp", captions: ["the ant"], classes: ClassLabels(present: [0])),
        .init(path: pictures + "/polar_bear/1.JPG", captions: ["the polar bear"], classes: ClassLabels(present: [1])),
        .init(path: pictures + "/polar_bear/2.png", captions: ["the polar bear"], classes: ClassLabels(present: [1])),
      ])
    options.template = "none"
    #expect(throws: DatasetError.self) { try DataSource.open(pictures, options) }
  }

  @Test("a list is loaded like shards: pictures read when needed, captions by turns, missing files skipped")
  func batches() throws {
    let dataset = ShapesDataset(seed: 1)
    var text = ""
    for index in 0..<300 {
      try Data(dataset.sample(index).png).write(to: URL(fileURLWithPath: "\(folder)/\(index).png"))
      text += "{\"image\": \"\(index).png\", \"captions\": [\"one\", \"two\", \"three\"]}\n"
    }
    text += "{\"image\": \"missing.png\", \"caption\": \"none\"}\n"
    let source = try DataSource.open(try write("l.jsonl", text))
    #expect(try source.count() == 301)
    let tokenizer = Tokenizer(vocabulary: BytePairVocabulary(), kind: .openCLIP, contextLength: 8)
    var options = BatchLoader.Options()
    (options.batchSize, options.workers) = (100, 2)
    let loader = BatchLoader(
      source, preprocessing: ImagePreprocessing(size: 32), tokenizer: tokenizer, options: options)
    defer { loader.stop() }
    let batches = try (0..<6).map { _ in try loader.next() }
    #expect((2...3).contains(loader.skipped.count) && loader.skipped.latest.contains("missing.png"))
    #expect(Set(batches.flatMap(\.keys)).count == 300)
    let length = batches[0].text.sizes[1]
    let rows = batches[0].text.values(as: Int64.self)
    let captions = Set((0..<100).map { Array(rows[$0 * length..<($0 + 1) * length]) })
    #expect(captions.count == 3)
  }
}
