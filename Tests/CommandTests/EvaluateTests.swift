import Foundation
import Testing

/// `evaluate` on class folders and tables, against what `embed` and plain arithmetic give.
struct EvaluateTests {
  private static let pictures = EvaluatedPictures.paths

  private func report<T: Decodable>(_ type: T.Type, _ arguments: [String]) throws -> T {
    let outcome = try Clipgraph.run(["evaluate"] + arguments + ["--json"])
    try #require(outcome.status == 0, "\(outcome.errors)")
    return try JSONDecoder().decode(T.self, from: Data(outcome.output.utf8))
  }

  @Test func classFoldersAreClasses() throws {
    struct Report: Decodable {
      struct Class: Decodable {
        var label: String
        var samples: Int
        var correct: Int
        var accuracy: Double?
      }
      var samples: Int
      var correct: Int
      var per_class: [Class]
      var confusion: [[Int]]
    }
    let (workshop, folder) = (try Workshop.shared(), try TemporaryFolder())
    for (index, name) in ["a_blue_square", "a_red_circle", "nothing"].enumerated() {
      try FileManager.default.createDirectory(atPath: folder("data/\(name)"), withIntermediateDirectories: true)
      for (place, picture) in Self.pictures.enumerated() where place % 2 == index {
        try FileManager.default.copyItem(atPath: picture, toPath: folder("data/\(name)/\(place).jpg"))
      }
    }
    let labels = ["a blue square", "a red circle", "nothing"]
    let scores = try EvaluatedPictures.cosines(labels, folder)
    var expected = [[Int]](repeating: [0, 0, 0], count: 3)
    for (place, row) in scores.enumerated() {
      let best = try #require(row.indices.max { row[$0] < row[$1] })
      expected[place % 2][best] += 1
    }
    let flags = [workshop.model, "--data", folder("data"), "--template", "{}", "--confusion"]
    let found = try report(Report.self, ["zero-shot"] + flags)
    #expect(found.confusion == expected)
    #expect(found.samples == 6 && found.correct == expected[0][0] + expected[1][1])
    #expect(found.per_class.map(\.label) == labels && found.per_class.map(\.samples) == [3, 3, 0])
    #expect(found.per_class[2].accuracy == nil)
    let outcome = try Clipgraph.run(["evaluate"] + flags.dropLast() + ["--per-class"])
    #expect(outcome.errors == "clipgraph: note: classes without pictures do not count: nothing\n")
    #expect(outcome.output.contains("of 3\n") && outcome.output.contains("interval"))

    let file = try folder.write("templates.txt", Array("a photo of a {}.\na drawing\n".utf8))
    for (arguments, words) in [
      (["--templates", file], "has no {}"), (["--templates", folder("none.txt")], "is not there"),
      (["--labels", "a,b"], "3 class folders"),
    ] {
      let message = try Clipgraph.run(["evaluate", workshop.model, "--data", folder("data")] + arguments)
      #expect(
        message.status == 1 && message.errorLines.count == 1 && message.errors.contains(words), "\(message.errors)")
    }
  }

  @Test func rankingsOfSeveralClassesAPicture() throws {
    struct Report: Decodable {
      struct Class: Decodable {
        var positives: Int
        var average_precision: Double?
      }
      var metric: String
      var value: Double
      var samples: Int
      var per_class: [Class]?
    }
    let (workshop, folder) = (try Workshop.shared(), try TemporaryFolder())
    let labels = ["red", "a blue square", "two"]
    let shown: [[Int]] = [[0], [0, 1], [], [1], [0], [1]]
    let cells = shown.map { $0.map { labels[$0] }.joined(separator: "|") }
    // The third picture does not count for "red".
    let lines = zip(Self.pictures, cells).enumerated().map { "\($1.0),\($0 == 2 ? "?red" : $1.1)" }
    let table = try folder.write("labels.csv", Array(("path,label\n" + lines.joined(separator: "\n") + "\n").utf8))
    let scores = try EvaluatedPictures.cosines(labels, folder)
    func precision(_ label: Int) -> Double {
      let ranked = (0..<6).filter { $0 != 2 || label != 0 }.sorted { scores[$0][label] > scores[$1][label] }
      let right = ranked.map { shown[$0].contains(label) }
      let total = right.count { $0 }
      let points = right.indices.map { place in
        let found = right[...place].count { $0 }
        return (recall: Double(found) / Double(total), precision: Double(found) / Double(place + 1))
      }
      let tenths = (0...10).map { tenth in
        points.filter { $0.recall * 10 >= Double(tenth) - 1e-9 }.map(\.precision).max() ?? 0
      }
      return tenths.reduce(0, +) / 11
    }
    let flags = ["zero-shot", workshop.model, "--data", table, "--template", "{}", "--labels"]
    let found = try report(Report.self, flags + [labels.joined(separator: ","), "--metric", "map11"])
    #expect(found.metric == "map11" && found.samples == 6)
    #expect(found.per_class?.map(\.positives) == [3, 3, 0] && found.per_class?[2].average_precision == nil)
    #expect(abs(found.value - (precision(0) + precision(1)) / 2) < 1e-6)

    let binary = zip(Self.pictures, shown).map { "\($0),\($1.contains(1) ? 1 : 0)" }
    let pairs = try folder.write("binary.csv", Array(("path,label\n" + binary.joined(separator: "\n") + "\n").utf8))
    let two = try EvaluatedPictures.cosines(["red", "a blue square"], folder).map { $0[1] - $0[0] }
    var area = 0.0
    for positive in [1, 3, 5] {
      for negative in [0, 2, 4] {
        area += two[positive] > two[negative] ? 1 : two[positive] == two[negative] ? 0.5 : 0
      }
    }
    let flat = ["zero-shot", workshop.model, "--data", pairs, "--template", "{}", "--metric", "roc-auc", "--labels"]
    #expect(abs(try report(Report.self, flat + ["red,a blue square"]).value - area / 9) < 1e-6)
    let message = try Clipgraph.run(["evaluate"] + flat + ["red,a blue square,two"])
    #expect(message.status == 1 && message.errors.contains("is for two classes"), "\(message.errors)")
  }

  @Test("every measure draws a page, whole or not at all")
  func pages() throws {
    let (workshop, folder) = (try Workshop.shared(), try TemporaryFolder())
    try EvaluatedPictures.classFolders(folder("data"), ["a_<b>_c", "red"]) { $0 % 2 }
    let groups = Self.pictures.enumerated().map { "\($1),\($0 % 2 == 0 ? "x" : "y")" }
    let table = try folder.write("groups.csv", Array(("path,group\n" + groups.joined(separator: "\n") + "\n").utf8))
    let categories = try folder.write("categories.txt", Array("[shapes]\na circle\n[colours]\nred\n".utf8))
    let data = folder("data")
    for (arguments, words) in [
      (["zero-shot", "--data", data], ["Accuracy", "a &lt;b&gt; c", "expected calibration error"]),
      (["zero-shot", "--data", data, "--metric", "map11"], ["Average precision"]),
      (["retrieval", "--data", data], ["R@5", "caption → picture"]),
      (
        ["linear-probe", "--train-data", data, "--test-data", data, "--lambda", "1", "--shots", "1", "2"],
        ["Shots", "λ"]
      ),
      (["robustness", "--reference", data, "--shifted", "s=" + data], ["accuracy on data"]),
      (["bias", "--data", table, "--group-columns", "group", "--categories", categories], ["colours", "no evidence"]),
    ] {
      let page = folder("\(arguments[0])-\(arguments.count).html")
      let outcome = try Clipgraph.run(
        ["evaluate", arguments[0], workshop.model, "--html", page] + arguments.dropFirst())
      try #require(outcome.status == 0, "\(arguments[0]): \(outcome.errors)")
      let text = try String(contentsOfFile: page, encoding: .utf8)
      #expect(text.contains("<svg") && text.hasSuffix("</html>\n"), "\(arguments[0])")
      for word in words { #expect(text.contains(word), "\(arguments[0]): \(word)") }
      #expect(!text.contains("a <b> c") && !text.contains("http-equiv=\"refresh\""))
    }
    let message = try Clipgraph.fail(
      "evaluate", "zero-shot", workshop.model, "--data", data, "--html", folder("none/page.html"))
    #expect(message.contains("page.html"))
  }

  @Test func keptFeaturesAreNotEncodedAgain() throws {
    let (workshop, folder) = (try Workshop.shared(), try TemporaryFolder())
    let day = Date(timeIntervalSince1970: 1_700_000_000)
    var files: [String] = []
    for (index, name) in ["a", "b"].enumerated() {
      try FileManager.default.createDirectory(atPath: folder("data/\(name)"), withIntermediateDirectories: true)
      for (place, picture) in Self.pictures.enumerated() where place % 2 == index {
        files.append(folder("data/\(name)/\(place).jpg"))
        try FileManager.default.copyItem(atPath: picture, toPath: files[files.count - 1])
        try FileManager.default.setAttributes([.modificationDate: day], ofItemAtPath: files[files.count - 1])
      }
    }
    for command in ["zero-shot", "retrieval", "linear-probe"] {
      let data = command == "linear-probe" ? ["--train-data", "--test-data"] : ["--data"]
      let arguments =
        ["evaluate", command, workshop.model, "--cache", folder("kept-\(command)"), "--json"]
        + data.flatMap { [$0, folder("data")] }
      let first = try Clipgraph.run(arguments)
      try #require(first.status == 0, "\(first.errors)")
      // Nothing can be read of the pictures any more, but they look as before.
      let saved = try files.map { try Data(contentsOf: URL(fileURLWithPath: $0)) }
      for (file, bytes) in zip(files, saved) {
        try Data(count: bytes.count).write(to: URL(fileURLWithPath: file))
        try FileManager.default.setAttributes([.modificationDate: day], ofItemAtPath: file)
      }
      let second = try Clipgraph.run(arguments)
      #expect(second.status == 0 && second.output == first.output, "\(command): \(second.errors)")
      for (file, bytes) in zip(files, saved) {
        try bytes.write(to: URL(fileURLWithPath: file))
        try FileManager.default.setAttributes([.modificationDate: day], ofItemAtPath: file)
      }
    }
  }

  @Test func linearProbesLearnFromFolders() throws {
    struct Report: Decodable {
      struct Probe: Decodable {
        struct Interval: Decodable { var estimate: Double }
        var training_pictures: Int
        var accuracy: Interval
        var lambda: Double
      }
      var classes: Int
      var test_pictures: Int
      var probes: [Probe]
    }
    let (workshop, folder) = (try Workshop.shared(), try TemporaryFolder())
    for (index, name) in ["a", "b"].enumerated() {
      try FileManager.default.createDirectory(atPath: folder("data/\(name)"), withIntermediateDirectories: true)
      for (place, picture) in Self.pictures.enumerated() where place % 2 == index {
        try FileManager.default.copyItem(atPath: picture, toPath: folder("data/\(name)/\(place).jpg"))
      }
    }
    let flags = ["linear-probe", workshop.model, "--train-data", folder("data"), "--test-data", folder("data")]
    let found = try report(Report.self, flags + ["--shots", "1", "3", "--lambda", "1e-6"])
    #expect(found.classes == 2 && found.test_pictures == 6)
    #expect(found.probes.map(\.training_pictures) == [2, 6] && found.probes.map(\.lambda) == [1e-6, 1e-6])
    // Six rows of twenty-four features can be told apart.
    #expect(found.probes[1].accuracy.estimate == 1)
    let searched = try report(Report.self, flags)
    #expect(searched.probes.count == 1 && (1e-6...1e6).contains(searched.probes[0].lambda))
    let message = try Clipgraph.fail(
      "evaluate", "linear-probe", workshop.model, "--train-data", folder("data"), "--test-data", workshop.testData)
    #expect(message.contains("has no class"))
  }

  @Test func retrievalRanksEveryCaptionOfAPicture() throws {
    struct Report: Decodable {
      struct Interval: Decodable {
        var estimate: Double
        var lower: Double
        var upper: Double
      }
      struct Direction: Decodable {
        var queries: Int
        var recall_at_1: Interval
        var recall_at_5: Interval
        var median_rank: Double
      }
      var image_to_text: Direction
      var text_to_image: Direction
    }
    let (workshop, folder) = (try Workshop.shared(), try TemporaryFolder())
    let words = ["red", "green circle", "blue square", "a star", "white ring", "two"]
    let captions = words.indices.flatMap { ["a \(words[$0]) one", "\(words[$0]), and another"] }
    let lines = captions.enumerated().map { "\(Self.pictures[$0 / 2]),\"\($1)\"" }
    let table = try folder.write("pairs.csv", Array(("filepath,title\n" + lines.joined(separator: "\n") + "\n").utf8))
    let scores = try EvaluatedPictures.cosines(captions, folder)

    let ofPictures = scores.enumerated().map { image, row in
      let best = max(row[2 * image], row[2 * image + 1])
      return 1 + row.count { $0 > best }
    }
    let ofCaptions = captions.indices.map { text in
      1 + scores.count { $0[text] > scores[text / 2][text] }
    }
    let found = try report(Report.self, ["retrieval", workshop.model, "--data", table])
    for (direction, ranks) in [(found.image_to_text, ofPictures), (found.text_to_image, ofCaptions)] {
      let sorted = ranks.sorted()
      #expect(direction.queries == ranks.count)
      #expect(abs(direction.recall_at_1.estimate - Double(ranks.count { $0 <= 1 }) / Double(ranks.count)) < 1e-12)
      #expect(abs(direction.recall_at_5.estimate - Double(ranks.count { $0 <= 5 }) / Double(ranks.count)) < 1e-12)
      #expect(direction.median_rank == Double(sorted[ranks.count / 2 - 1] + sorted[ranks.count / 2]) / 2)
      #expect(direction.recall_at_5.lower <= direction.recall_at_5.estimate)
      #expect(direction.recall_at_5.upper >= direction.recall_at_5.estimate)
    }
    let one = try folder.write("one.csv", Array("filepath,title\n\(Self.pictures[0]),a\n".utf8))
    #expect(try Clipgraph.fail("evaluate", "retrieval", workshop.model, "--data", one).contains("one picture alone"))
  }
}
