import Foundation
import Testing

/// Whatever is wrong with a file: exit code 1, one line that names it, nothing half-written.
struct BadInputTests {
  enum Damage: String, CaseIterable {
    case missing, empty, truncated, folder, noise
  }

  /// Every command that reads a graph file, with `F` for it and `O` for its output.
  static let readers: [[String]] = [
    ["classify", "F", "P", "--labels", "a,b"], ["embed", "F", "--texts", "a", "-o", "O"], ["inspect", "F"],
    ["run", "F", "--inputs", "S", "--outputs", "O"], ["bench", "F", "--tower", "image"],
    ["evaluate", "F", "--data", "D"], ["train", "F", "--data", "D", "-o", "O"],
  ]

  private func damaged(_ damage: Damage, _ original: String, _ folder: TemporaryFolder) throws -> String {
    let bytes = try Data(contentsOf: URL(fileURLWithPath: original))
    switch damage {
    case .missing: return folder("missing.file")
    case .empty: return try folder.write("empty.file", [])
    case .truncated: return try folder.write("truncated.file", bytes.prefix(bytes.count / 2))
    case .folder:
      try FileManager.default.createDirectory(atPath: folder("folder.file"), withIntermediateDirectories: true)
      return folder("folder.file")
    case .noise: return try folder.write("noise.file", (0..<4096).map { UInt8(truncatingIfNeeded: $0 &* 197 &+ 31) })
    }
  }

  @Test(arguments: readers, Damage.allCases)
  func aBadGraphFileIsNamed(command: [String], damage: Damage) throws {
    let workshop = try Workshop.shared()
    let folder = try TemporaryFolder()
    let file = try damaged(damage, workshop.training, folder)
    let safetensors = folder("in.safetensors")
    try Clipgraph.succeed("preprocess", workshop.picture, "--size", "8", "-o", safetensors)
    let before = folder.names
    let arguments = command.map { word in
      switch word {
      case "F": file
      case "P": workshop.picture
      case "S": safetensors
      case "D": workshop.data
      case "O": folder("out.file")
      default: word
      }
    }
    let outcome = try Clipgraph.run(arguments)
    #expect(outcome.status == 1)
    #expect(outcome.errorLines.count == 1, "\(outcome.errors)")
    #expect(outcome.errors.contains(file), "\(outcome.errors)")
    #expect(outcome.output.isEmpty)
    #expect(folder.names == before)
  }

  @Test(arguments: Damage.allCases)
  func aBadPictureIsNamed(damage: Damage) throws {
    let workshop = try Workshop.shared()
    let folder = try TemporaryFolder()
    let picture = try damaged(damage, workshop.picture, folder)
    let message = try Clipgraph.fail("classify", workshop.model, picture, "--labels", "a red circle,a blue square")
    #expect(message.contains(picture))
    #expect(try Clipgraph.fail("preprocess", picture, "--size", "8", "-o", folder("o")).contains(picture))
    #expect(!folder.names.contains("o"))
  }

  @Test(arguments: [Damage.missing, .empty, .truncated, .folder])
  func badTensorsAreNamed(damage: Damage) throws {
    let workshop = try Workshop.shared()
    let folder = try TemporaryFolder()
    let whole = folder("whole.safetensors")
    try Clipgraph.succeed("preprocess", workshop.picture, "--size", "8", "-o", whole)
    let tensors = try damaged(damage, whole, folder)
    #expect(
      try Clipgraph.fail("run", workshop.model, "--inputs", tensors, "--outputs", folder("o")).contains(tensors))
    #expect(
      try Clipgraph.fail("bench", workshop.model, "--tower", "image", "--inputs", tensors).contains(tensors))
  }

  @Test(arguments: [Damage.missing, .truncated, .folder, .noise])
  func badDataAreNamed(damage: Damage) throws {
    let workshop = try Workshop.shared()
    let folder = try TemporaryFolder()
    let shard = try damaged(damage, workshop.data + "/train-00000.tar", folder)
    for arguments in [
      ["train", workshop.training, "--data", shard, "-o", folder("o"), "--batch-size", "8"],
      ["evaluate", workshop.model, "--data", shard],
    ] {
      let outcome = try Clipgraph.run(arguments)
      #expect(outcome.status == 1)
      #expect(outcome.errorLines.count == 1, "\(outcome.errors)")
      #expect(outcome.errors.contains(shard), "\(outcome.errors)")
      #expect(!folder.names.contains { $0 == "o" || $0.hasSuffix(".tmp") })
    }
  }

  @Test func aSingleLabelIsExplained() throws {
    let workshop = try Workshop.shared()
    let message = try Clipgraph.fail("classify", workshop.model, workshop.picture, "--labels", "a red circle")
    #expect(message.contains("always has probability 1"))
    #expect(try Clipgraph.fail("classify", workshop.model, workshop.picture, "--labels", " , ").contains("no label"))
  }

  @Test func endlessWordsAreCut() throws {
    let workshop = try Workshop.shared()
    let folder = try TemporaryFolder()
    let file = try folder.write("one.txt", [UInt8](repeating: 0x61, count: 100_000))
    let message = try Clipgraph.fail("classify", workshop.model, workshop.picture, "--labels", file)
    #expect(message.utf8.count < 2_000 && message.contains("aaa … ") && message.hasSuffix("separated by commas"))
  }

  @Test func captionsAreLinesOfSomeLength() throws {
    let folder = try TemporaryFolder()
    let lines = try folder.write("lines.txt", Array("a red circle below\r\n\r\na red circle below\r\n".utf8))
    let output = try Clipgraph.succeed("vocabulary", "--captions", lines, "--size", "520", "-o", folder("v"))
    #expect(output.contains("from 2 captions"))
    let endless = try folder.write("endless.txt", [UInt8](repeating: 0x61, count: 2 << 20))
    let message = try Clipgraph.fail("vocabulary", "--captions", endless, "--size", "520", "-o", folder("w"))
    #expect(message.contains(endless) && message.contains("2097152 bytes"))
    #expect(!folder.names.contains("w"))
  }

  @Test func metricsAreARegularFile() throws {
    let folder = try TemporaryFolder()
    #expect(mkfifo(folder("pipe"), 0o600) == 0)
    let message = try Clipgraph.fail("plot", folder("pipe"), "-o", folder("o.svg"))
    #expect(message.contains(folder("pipe")) && message.contains("not a regular file"))
  }

  @Test func aTemplateNeedsAPlaceForTheLabel() throws {
    let workshop = try Workshop.shared()
    let message = try Clipgraph.fail(
      "classify", workshop.model, workshop.picture, "--labels", "a,b", "--template", "a photo")
    #expect(message.contains("{}"))
  }

  @Test func aCaptionThatIsTooLongIsNamed() throws {
    let workshop = try Workshop.shared()
    let folder = try TemporaryFolder()
    let caption = Array(repeating: "circle", count: 40).joined(separator: " ")
    let message = try Clipgraph.fail("embed", workshop.model, "--texts", caption, "-o", folder("o"))
    #expect(message.contains("circle circle") && message.contains("22"), "\(message)")
    #expect(folder.names.isEmpty)
    #expect(
      try Clipgraph.fail("classify", workshop.model, workshop.picture, "--labels", "a,\(caption)").contains("22"))
  }

  @Test func trainingNeedsATrainingAlgorithm() throws {
    let workshop = try Workshop.shared()
    let folder = try TemporaryFolder()
    let message = try Clipgraph.fail("train", workshop.model, "--data", workshop.data, "-o", folder("o"))
    #expect(message.contains("TrainingInfoProto") && message.contains("make-trainable"))
    #expect(folder.names.isEmpty)
  }

  @Test func aVocabularyOfAnotherSizeIsRefusedWithBothNumbers() throws {
    let workshop = try Workshop.shared()
    let folder = try TemporaryFolder()
    let message = try Clipgraph.fail("export", "tiny", "-o", folder("o"), "--vocabulary", workshop.vocabulary)
    #expect(message.contains("97") && message.contains("560"))
    #expect(folder.names.isEmpty)
  }

  @Test func linesThatAreNoJSONAreCounted() throws {
    let workshop = try Workshop.shared()
    let outcome = try Clipgraph.run(
      ["tokenize", "--vocabulary", workshop.vocabulary], input: "\"a red circle\"\nred\n")
    #expect(outcome.status == 1)
    #expect(outcome.errors.contains("line 2"))
    #expect(outcome.outputLines.count == 1)
  }

  @Test func weightsThatDoNotFitAreNamed() throws {
    let workshop = try Workshop.shared()
    let folder = try TemporaryFolder()
    try Clipgraph.succeed("preprocess", workshop.picture, "--size", "8", "-o", folder("pixels"))
    let message = try Clipgraph.fail("export", "tiny", "-o", folder("o"), "--weights", folder("pixels"))
    #expect(message.contains(folder("pixels")) && message.contains("holds no CLIP"))
    #expect(folder.names == ["pixels"])
  }

  @Test func namesOfOneCharacterAreNames() throws {
    let folder = try TemporaryFolder()
    let captions = ["red", "green", "blue"].flatMap { colour in ["circle", "square"].map { "a \(colour) \($0)\n" } }
    _ = try folder.write("d", Array(captions.joined().utf8))
    try Clipgraph.succeed("vocabulary", "--captions", folder("d"), "--size", "520", "-o", "v", in: folder.path)
    #expect(folder.names == ["d", "v"])
    #expect(try Clipgraph.fail("vocabulary", "--captions", "n", "--size", "520", "-o", "v").hasPrefix("clipgraph: n: "))
  }

  @Test func anUnknownDimensionIsNamed() throws {
    let workshop = try Workshop.shared()
    #expect(try Clipgraph.fail("inspect", workshop.model, "--dim", "length=3").contains("batch, sequence"))
  }
}
