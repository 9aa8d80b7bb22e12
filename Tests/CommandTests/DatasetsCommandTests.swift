import Foundation
import Testing

/// `clipgraph datasets`: the list, one set, and how it lies on the disk.
struct DatasetsCommandTests {
  private struct Entry: Decodable {
    var name: String
    var classes: Int?
    var metric: String
  }

  private struct Report: Decodable {
    var dataset: String
    var folder: String
    var problems: [String]
  }

  private func decode<T: Decodable>(_ type: T.Type, _ text: String) throws -> T {
    try JSONDecoder().decode(type, from: Data(text.utf8))
  }

  @Test func allAreListed() throws {
    let lines = try Clipgraph.succeed("datasets").split(separator: "\n").map(String.init)
    #expect(lines.count == 37 && lines[0].hasPrefix("name "))
    let cifar = try #require(lines.first { $0.hasPrefix("cifar10 ") })
    #expect(
      cifar.split(separator: " ") == ["cifar10", "CIFAR-10", "10", "50,000", "10,000", "classification", "accuracy"])
    #expect(lines.contains { $0.hasPrefix("voc2007 ") && $0.hasSuffix("11-point mAP") })
    #expect(lines.contains { $0.hasPrefix("coco ") && $0.contains(" retrieval ") })
    let entries = try decode([Entry].self, try Clipgraph.succeed("datasets", "--json"))
    #expect(entries.count == 36 && entries.first?.name == "food101" && entries.first?.metric == "accuracy")
  }

  @Test func oneIsDescribed() throws {
    let text = try Clipgraph.succeed("datasets", "oxford-pets")
    for part in [
      "oxford-pets: Oxford-IIIT Pets\n", "37 classes", "mean per class", "oxford-pets_classes.txt",
      "DIR/test/CLASS/PICTURE, 3,669 pictures", "https://",
    ] { #expect(text.contains(part), "\(part): \(text)") }
    let entry = try decode(Entry.self, try Clipgraph.succeed("datasets", "Oxford_Pets", "--json"))
    #expect(entry.name == "oxford-pets" && entry.classes == 37 && entry.metric == "mean-per-class")
    #expect(try Clipgraph.succeed("datasets", "coco").contains("filepath, caption"))
  }

  @Test func anUnknownNameIsAnsweredWithOthers() throws {
    #expect(try Clipgraph.fail("datasets", "cifar").contains("did you mean cifar10 or cifar100?"))
    #expect(try Clipgraph.fail("datasets", "zebra").contains("food101, cifar10"))
  }

  @Test func aLayoutIsChecked() throws {
    let folder = try TemporaryFolder()
    for index in 0..<10 {
      try FileManager.default.createDirectory(atPath: folder("test/\(index)"), withIntermediateDirectories: true)
      if index != 3 { _ = try folder.write("test/\(index)/a.png", [1]) }
    }
    let flags = ["datasets", "cifar10", "--check", folder.path, "--assets", folder.path]
    let wrong = try Clipgraph.run(flags)
    #expect(wrong.status == 1)
    #expect(
      wrong.outputLines == [
        "the folder train is missing; it has 10 class folders",
        "test/3 is empty; it should hold the pictures of a class",
      ])
    #expect(
      wrong.errors
        == "clipgraph: \(folder.path): does not lie as cifar10 should; clipgraph datasets cifar10 tells how\n")
    let report = try decode(Report.self, try Clipgraph.run(flags + ["--split", "test", "--json"]).output)
    #expect(report.dataset == "cifar10" && report.folder == folder.path && report.problems.count == 1)
    _ = try folder.write("test/3/a.png", [1])
    let right = try Clipgraph.run(flags + ["--split", "test"])
    #expect(right.status == 0 && right.output == "\(folder.path): lies as cifar10 should\n")
  }

  /// The class file, where it is there, tells which folders lack.
  @Test func theClassFileNamesWhatLacks() throws {
    let folder = try TemporaryFolder()
    let names = (1...37).map { "kind \($0)" }
    for name in names.dropLast() {
      let path = "test/\(name.replacingOccurrences(of: " ", with: "_"))"
      try FileManager.default.createDirectory(atPath: folder(path), withIntermediateDirectories: true)
      _ = try folder.write(path + "/a.png", [1])
    }
    _ = try folder.write("oxford-pets_classes.txt", Array(names.joined(separator: "\n").utf8))
    let outcome = try Clipgraph.run([
      "datasets", "oxford-pets", "--check", folder.path, "--split", "test", "--assets", folder.path,
    ])
    #expect(outcome.outputLines == ["test has 36 class folders, not 37; no folder for kind 37"])
    #expect(outcome.status == 1)
  }

  @Test func usage() throws {
    let help = try Clipgraph.succeed("datasets", "--help")
    #expect(help.contains("USAGE: clipgraph datasets") && help.contains("Examples"))
    #expect(try Clipgraph.succeed("--help").contains("\n  datasets "))
    for (arguments, word) in [
      (["--check", "d"], "name of a data set"), (["coco", "--split", "test"], "--check"), (["--no-such"], "--no-such"),
    ] {
      let outcome = try Clipgraph.run(["datasets"] + arguments)
      #expect(outcome.status == 64 && outcome.errors.contains(word), "\(outcome.errors)")
    }
  }
}
