import Foundation
import Testing

@testable import Datasets

@Suite("How data sets lie on the disk")
final class DatasetLayoutTests {
  private let folder = NSTemporaryDirectory() + "/layout-\(UUID().uuidString)"

  init() throws { try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true) }
  deinit { try? FileManager.default.removeItem(atPath: folder) }

  /// The built-in one, with another number of classes.
  private func entry(_ name: String, classes: Int? = nil) throws -> DatasetEntry {
    var entry = try DatasetRegistry.builtIn().entry(named: name)
    if let classes { entry.classes = classes }
    return entry
  }

  /// A file with a byte, in folders that are made.
  private func write(_ path: String, _ text: String = "x") throws {
    let url = URL(fileURLWithPath: folder + "/" + path)
    try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: url)
  }

  private func problems(_ entry: DatasetEntry, _ split: String? = nil, _ names: [String]? = nil) -> [String] {
    DatasetRegistry.layoutProblems(of: entry, at: folder, split: split, classNames: names)
  }

  @Test("missing splits, missing and empty class folders")
  func folders() throws {
    let set = try entry("cifar10", classes: 3)
    #expect(DatasetRegistry.layoutProblems(of: set, at: folder + "/no") == ["\(folder)/no is no folder"])
    #expect(
      problems(set) == ["the folder train", "the folder test"].map { $0 + " is missing; it has 3 class folders" })
    for name in ["cat", "dog"] { try write("test/\(name)/a.png") }
    #expect(problems(set, "test") == ["test has 2 class folders, not 3"])
    try FileManager.default.createDirectory(atPath: folder + "/test/emu", withIntermediateDirectories: true)
    #expect(problems(set, "test") == ["test/emu is empty; it should hold the pictures of a class"])
    try write("test/emu/a.png")
    #expect(problems(set, "test").isEmpty)
    #expect(problems(set) == ["the folder train is missing; it has 3 class folders"])
    #expect(problems(set, "val") == ["cifar10 has no split val, only train, test"])
    let test = try #require(set.split(named: "test"))
    #expect(DatasetRegistry.layoutProblems(of: set, split: test, inPlace: folder + "/test").isEmpty)
    #expect(try set.labels(nil, ofFoldersAt: folder + "/test") == ["cat", "dog", "emu"])
  }

  @Test("no more than five are named, and then a count")
  func manyProblems() throws {
    for index in 0..<8 {
      try FileManager.default.createDirectory(atPath: folder + "/test/\(index)", withIntermediateDirectories: true)
    }
    let set = try entry("cifar10", classes: 8)
    #expect(problems(set, "test").count == 6 && problems(set, "test").last == "and 3 more")
  }

  @Test("folders named after classes are put into their order, and what lacks is named")
  func names() throws {
    let set = try entry("oxford-pets", classes: 8)
    let names = ["Zebra", "American Bulldog", "C", "D", "E", "F", "G", "H"]
    for name in ["zebra", "American_bulldog"] { try write("test/\(name)/a.png") }
    #expect(
      problems(set, "test", names) == ["test has 2 class folders, not 8; no folder for C, D, E, F, G and 1 more"])
    for name in names.dropFirst(2) { try write("test/\(name)/a.png") }
    #expect(problems(set, "test", names).isEmpty)
    // By name: American_bulldog, C … H, zebra.
    #expect(
      try set.labels(names, ofFoldersAt: folder + "/test")
        == ["American Bulldog", "C", "D", "E", "F", "G", "H", "Zebra"])
    let others = Array(names.dropLast()) + ["I"]
    #expect(
      problems(set, "test", others) == ["test has class folders that are not named after the classes; no folder for I"])
  }

  @Test("folders that are numbers follow the class file, however they sort")
  func numbers() throws {
    let set = try entry("clevr-counts", classes: 3)
    for name in ["9", "10", "11"] { try write("test/\(name)/a.png") }
    let names = ["nine", "ten", "eleven"]
    #expect(problems(set, "test", names).isEmpty)
    #expect(try set.labels(names, ofFoldersAt: folder + "/test") == ["ten", "eleven", "nine"])
    try FileManager.default.moveItem(atPath: folder + "/test/11", toPath: folder + "/test/\(Int.max)")
    #expect(problems(set, "test") == ["test has class folders that are not named with consecutive numbers"])
    #expect(throws: DatasetError.self) { try set.labels(names, ofFoldersAt: folder + "/test") }
  }

  @Test("folders in the order of the class file must not say otherwise")
  func ordered() throws {
    let set = try entry("fer2013", classes: 3)
    let names = ["angry", "disgusted", "happy"]
    for name in ["angry", "disgust", "happy"] { try write("test/\(name)/a.png") }
    #expect(problems(set, "test", names).isEmpty)
    #expect(try set.labels(names, ofFoldersAt: folder + "/test") == names)
    try FileManager.default.moveItem(atPath: folder + "/test/disgust", toPath: folder + "/test/yuck")
    #expect(
      problems(set, "test", names) == [
        "test the class folder happy is number 2 by name, but class 3 in fer2013_classes.txt"
      ])
    for (index, name) in ["angry", "happy", "yuck"].enumerated() {
      try FileManager.default.moveItem(atPath: folder + "/test/\(name)", toPath: folder + "/test/\(index)")
    }
    #expect(problems(set, "test").count == 1 && problems(set, "test")[0].contains("numbers for names"))
  }

  @Test("tables: columns, rows and pictures")
  func tables() throws {
    let set = try entry("flickr30k")
    #expect(problems(set) == ["the file test.csv is missing; it is a table with the columns filepath, caption"])
    try write("test.csv", "filepath,title\nimages/1.jpg,a dog\n")
    #expect(
      problems(set) == [
        "test.csv lacks the column caption; its first line is filepath, title",
        "test.csv names pictures that are not there: images/1.jpg",
      ])
    try write("test.csv", "filepath\tcaption\n")
    #expect(problems(set) == ["test.csv has no row"])
    try write("images/1.jpg")
    try write("test.csv", "caption,filepath\n\"a dog, a cat\",images/1.jpg\n")
    #expect(problems(set).isEmpty)
  }
}
