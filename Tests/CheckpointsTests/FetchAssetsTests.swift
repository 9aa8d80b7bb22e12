import Foundation
import Testing

/// `converter/fetch_assets`: what it takes out of a package, and that it runs nothing of it.
struct FetchAssetsTests {
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path
  static let names = [
    "bpe_simple_vocab_16e6.txt.gz", "imagenet_classes.txt", "imagenet_templates.txt", "imagenet_templates_simple.txt",
  ]

  /// The package as the environment of the tests has it.
  static let package: String? = {
    let lib = root + "/.venv/lib"
    let pythons = (try? FileManager.default.contentsOfDirectory(atPath: lib)) ?? []
    return pythons.map { "\(lib)/\($0)/site-packages/open_clip" }
      .first { FileManager.default.fileExists(atPath: $0 + "/zero_shot_metadata.py") }
  }()

  static let hasPython = (try? run("/usr/bin/env", ["python3", "-c", "pass"]).status) == 0

  static func run(_ program: String, _ arguments: [String]) throws -> (status: Int32, output: String) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    let pipe = Pipe()
    (process.standardOutput, process.standardError) = (pipe, pipe)
    try process.run()
    let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return (process.terminationStatus, output)
  }

  static func fetch(_ arguments: String...) throws -> (status: Int32, output: String) {
    try run(root + "/converter/fetch_assets", arguments)
  }

  /// The names of the files that the script has checksums of.
  static func listed() throws -> [String] {
    let script = String(decoding: try bytes(root + "/converter/fetch_assets"), as: UTF8.self)
    var names: [String] = []
    for line in script.split(separator: "\n") {
      let parts: [Substring] = line.split(whereSeparator: { " \"".contains($0) })
      if parts.count == 2, parts[0].count == 64, parts[0].allSatisfy({ $0.isHexDigit }) {
        names.append(String(parts[1]))
      }
    }
    return names.sorted()
  }

  static func wheel(_ metadata: [UInt8], _ vocabulary: [UInt8], at path: String) throws {
    let zip = ZipFile(entries: [
      .init(name: "open_clip/zero_shot_metadata.py", bytes: metadata),
      .init(name: "open_clip/bpe_simple_vocab_16e6.txt.gz", bytes: vocabulary),
    ])
    try Data(zip.bytes).write(to: URL(fileURLWithPath: path))
  }

  static func bytes(_ path: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(fileURLWithPath: path))) }

  /// Files of a folder, with what begins with a dot.
  static func content(_ folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
  }

  @Test(
    .enabled(
      if: package != nil && hasPython, "needs the package open_clip_torch in .venv, as 'make setup-tests' installs it"))
  func filesComeOutOfAWheel() throws {
    let package = try #require(FetchAssetsTests.package)
    let folder = try CheckpointTests.Folder()
    // With what would be noticed if it were run; the labels stay.
    let trap = Array("open('\(folder("trap"))', 'w')\n".utf8)
    try FetchAssetsTests.wheel(
      trap + (try FetchAssetsTests.bytes(package + "/zero_shot_metadata.py")),
      try FetchAssetsTests.bytes(package + "/bpe_simple_vocab_16e6.txt.gz"), at: folder("a.whl"))
    let assets = folder("new/assets")
    let first = try FetchAssetsTests.fetch("--wheel", folder("a.whl"), assets)
    #expect(first.status == 0 && first.output.contains("wrote 4 files"), "\(first.output)")
    #expect(try FetchAssetsTests.content(assets) == FetchAssetsTests.names)
    #expect(!FileManager.default.fileExists(atPath: folder("trap")))
    func lines(_ name: String) throws -> [Substring] {
      String(decoding: try FetchAssetsTests.bytes(assets + "/" + name), as: UTF8.self).split(separator: "\n")
    }
    #expect(try lines("imagenet_classes.txt").count == 1000 && lines("imagenet_classes.txt").first == "tench")
    #expect(try lines("imagenet_templates.txt").count == 80)
    #expect(try lines("imagenet_templates_simple.txt").first == "itap of a {}.")
    #expect(first.output.contains("no wheel of clip_benchmark was given"), "\(first.output)")
    // A file that was changed is put right.
    try Data("x".utf8).write(to: URL(fileURLWithPath: assets + "/imagenet_classes.txt"))
    #expect(try FetchAssetsTests.fetch("--wheel", folder("a.whl"), assets).status == 0)
    #expect(try lines("imagenet_classes.txt").count == 1000)
  }

  @Test(.enabled(if: hasPython, "needs python3"))
  func otherContentIsRefusedAndLeavesNothing() throws {
    let folder = try CheckpointTests.Folder()
    let metadata = """
      OPENAI_IMAGENET_TEMPLATES = (lambda c: f'a {c}.',)
      SIMPLE_IMAGENET_TEMPLATES = (lambda c: f'a {c}.',)
      IMAGENET_CLASSNAMES = ("a", "b")
      """
    let cases = [
      (metadata, "SHA-256 differ"), ("IMAGENET_CLASSNAMES = __import__('os').listdir()", "is not as expected"),
      ("x = (", "is not as expected"),
    ]
    for (text, wanted) in cases {
      try FetchAssetsTests.wheel(Array(text.utf8), [1, 2, 3], at: folder("a.whl"))
      let result = try FetchAssetsTests.fetch("--wheel", folder("a.whl"), folder("assets"))
      #expect(result.status == 1 && result.output.contains(wanted), "\(result.output)")
      #expect(try FetchAssetsTests.content(folder("assets")).isEmpty)
    }
    try Data([1, 2]).write(to: URL(fileURLWithPath: folder("a.whl")))
    #expect(try FetchAssetsTests.fetch("--wheel", folder("a.whl"), folder("assets")).output.contains("not as expected"))
    #expect(
      try FetchAssetsTests.fetch("--wheel", folder("b.whl"), folder("assets")).output.contains("there is no wheel"))
    #expect(try FetchAssetsTests.fetch("--some").output.contains("no option --some"))
  }

  @Test(.enabled(if: hasPython, "needs python3"))
  func aWheelOfOtherSetsIsRefused() throws {
    let folder = try CheckpointTests.Folder()
    let classes = [
      "caltech101", "clevr_count_all", "country211", "eurosat", "fer2013", "flowers", "gtsrb",
      "kitti_closest_vehicle_distance", "mnist", "pcam", "pets",
    ]
    let templates =
      classes + [
        "cars", "cifar10", "cifar100", "dtd", "fgvc_aircraft", "food101", "renderedsst2", "resisc45", "stl10", "sun397",
        "voc2007",
      ]
    func fetch(_ classes: [String], template: String, source: String) throws -> (status: Int32, output: String) {
      func json(_ names: [String], _ lines: [String]) throws -> [UInt8] {
        Array(try JSONEncoder().encode(Dictionary(uniqueKeysWithValues: names.map { ($0, lines) })))
      }
      let zip = ZipFile(entries: [
        .init(name: "clip_benchmark/datasets/en_classnames.json", bytes: try json(classes, ["one", "two"])),
        .init(
          name: "clip_benchmark/datasets/en_zeroshot_classification_templates.json",
          bytes: try json(templates, [template])),
        .init(name: "clip_benchmark/datasets/builder.py", bytes: Array(source.utf8)),
      ])
      try Data(zip.bytes).write(to: URL(fileURLWithPath: folder("b.whl")))
      return try FetchAssetsTests.fetch("--wheel", folder("b.whl"), folder("assets"))
    }
    let all = classes + ["imagenet1k"]
    let source = """
      def build():
          imagenet_a_wnids = ["n2"]
          imagenet_r_wnids = {"n1", "n2"}
          open('\(folder("trap"))', 'w')
      open('\(folder("trap"))', 'w')
      all_imagenet_wordnet_ids = ["n1", "n2"]
      """
    for (names, template, source, wanted) in [
      (all, "a {c}.", source, "SHA-256 differ"), (classes, "a {c}.", source, "is not as expected"),
      (all, "a {}.", source, "is not as expected"),
      (all, "a {c}.", source.replacingOccurrences(of: "{\"n1\", \"n2\"}", with: "list()"), "is not as expected"),
      (all, "a {c}.", source.replacingOccurrences(of: "[\"n1\", \"n2\"]", with: "[\"n1\"]"), "is not as expected"),
    ] {
      let result = try fetch(names, template: template, source: source)
      #expect(result.status == 1 && result.output.contains(wanted), "\(result.output)")
      #expect(try FetchAssetsTests.content(folder("assets")).isEmpty)
    }
    #expect(!FileManager.default.fileExists(atPath: folder("trap")))
    try Data(ZipFile(entries: [.init(name: "x", bytes: [1])]).bytes).write(to: URL(fileURLWithPath: folder("c.whl")))
    let other = try FetchAssetsTests.fetch("--wheel", folder("c.whl"), folder("assets"))
    #expect(other.status == 1 && other.output.contains("of neither"), "\(other.output)")
  }

  /// What the registry of data sets names is what the script writes.
  @Test func theRegistryNamesTheseFiles() throws {
    let bytes = try FetchAssetsTests.bytes(FetchAssetsTests.root + "/models/datasets.json")
    let file = try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
    let sets = try #require(file["datasets"] as? [[String: Any]])
    var named: Set<String> = []
    for set in sets {
      for field in ["class_file", "template_file"] { if let file = set[field] as? String { named.insert(file) } }
    }
    let written = Set(try FetchAssetsTests.listed())
    #expect(written.count == 39)
    #expect(named.isSubset(of: written), "\(named.subtracting(written))")
    #expect(written.subtracting(named) == ["bpe_simple_vocab_16e6.txt.gz", "imagenet_templates_simple.txt"])
  }

  @Test(
    .enabled(
      if: ProcessInfo.processInfo.environment["CLIPGRAPH_FETCH"] != nil,
      "needs a package registry: set CLIPGRAPH_FETCH=1"))
  func thePackageIsFetched() throws {
    let folder = try CheckpointTests.Folder()
    let result = try FetchAssetsTests.fetch(folder.path)
    #expect(result.status == 0, "\(result.output)")
    #expect(try FetchAssetsTests.content(folder.path) == FetchAssetsTests.listed())
    let again = try FetchAssetsTests.fetch("--wheel", folder("absent.whl"), folder.path)
    #expect(again.status == 0 && again.output.contains("everything is in"))
  }
}
