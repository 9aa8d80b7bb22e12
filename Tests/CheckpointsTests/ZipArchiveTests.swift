import Foundation
import Tensors
import Testing

@testable import Checkpoints

/// Archives, sound and damaged.
struct ZipArchiveTests {
  static let sound = ZipFile(entries: TorchFile.entries(TorchFile.sound))

  @Test(arguments: ["", "a comment", String(repeating: "PK\u{5}\u{6} ", count: 900)], [false, true])
  func commentsAndWideFieldsAreRead(comment: String, isWide: Bool) throws {
    var zip = ZipArchiveTests.sound
    (zip.comment, zip.isWide) = (comment, isWide)
    let file = try TorchFileTests.read(zip.bytes)
    #expect(try TorchFileTests.arrays(file)["visual.proj"] == NDArray((0..<16).map(Float.init), [4, 4]))
  }

  @Test(arguments: [false, true]) func aFileCutAnywhereIsAnError(isWide: Bool) {
    var zip = ZipArchiveTests.sound
    zip.isWide = isWide
    let bytes = zip.bytes
    for length in 0..<bytes.count {
      #expect(throws: FileError.self) { try TorchFileTests.read(Array(bytes.prefix(length))) }
    }
    #expect(TorchFileTests.complaint(Array(bytes.dropLast(9))).contains("truncated"))
  }

  static let damages: [(String, @Sendable (inout ZipFile) -> Void)] = [
    ("archive/data/0 does not lie inside the file", { $0.entries[2].packed = 1 << 20 }),
    (
      "archive/data/0 does not lie inside the file",
      {
        $0.entries[2].packed = 1 << 40
        $0.isWide = true
      }
    ),
    ("the place of archive/data/0 holds no entry", { $0.entries[2].offset = 7 }),
    (
      "the place of archive/data/0 holds no entry",
      {
        $0.entries[2].offset = 1 << 62
        $0.isWide = true
      }
    ),
    (
      "archive/data/0 is stored, but has two sizes",
      {
        $0.entries[2].size = 5
        $0.entries[2].packed = 4
      }
    ),
    ("archive/data/0 has another name where it lies", { $0.entries[2].localName = "archive/data/1" }),
    ("the name of an entry is no text", { $0.entries[2].name = "archive/da\0a/0" }),
    ("its entry archive/data/0 is compressed", { $0.entries[2].method = 8 }),
    ("its entry archive/data.pkl is compressed", { $0.entries[0].method = 8 }),
    ("its entry archive/data/0 is encrypted", { $0.entries[2].flags = 1 }),
    ("it has no data.pkl", { $0.entries.remove(at: 0) }), ("lies in the storage 0", { $0.entries.remove(at: 2) }),
    ("has 2 entries data.pkl", { $0.entries.append(.init(name: "other/data.pkl", bytes: [])) }),
    ("two entries archive/version", { $0.entries.append(.init(name: "archive/version", bytes: [1])) }),
    ("big-endian", { $0.entries[1].bytes = Array("big".utf8) }),
    ("which has 60 bytes, too few for 16 elements", { $0.entries[2].bytes.removeLast(4) }),
  ]

  @Test(arguments: damages.indices) func damageIsNamed(index: Int) {
    let (wanted, damage) = ZipArchiveTests.damages[index]
    var zip = ZipArchiveTests.sound
    damage(&zip)
    let message = TorchFileTests.complaint(zip.bytes)
    #expect(message.contains(wanted) && !message.contains("\n"), "\(message)")
  }

  @Test func overlapsAreRefused() {
    var zip = ZipArchiveTests.sound
    // The second entry begins inside the first: its bytes are an entry of their own.
    let inner = ZipFile(entries: [.init(name: "archive/inner", bytes: [1, 2, 3])]).bytes
    zip.entries.append(.init(name: "archive/outer", bytes: inner))
    zip.entries.append(.init(name: "archive/inner", bytes: [1, 2, 3]))
    let start = ZipFile(entries: Array(zip.entries.dropLast(2))).bytes.count
    let directory = zip.entries.dropLast(2).reduce(22) { $0 + 46 + $1.name.utf8.count }
    zip.entries[zip.entries.count - 1].offset = start - directory + 30 + "archive/outer".utf8.count
    let message = TorchFileTests.complaint(zip.bytes)
    #expect(message.contains("archive/outer and archive/inner overlap"), "\(message)")
  }

  @Test("changed bytes are read or refused, never more", arguments: ["views", "training", "script"])
  func changedBytes(name: String) throws {
    let path = "\(TorchFileTests.fixtures)/\(name).pt"
    let original = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
    var random = Random(state: 11)
    for _ in 0..<1500 {
      var bytes = original
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
      }
      if let file = try? TorchFileTests.read(bytes) { _ = try TorchFileTests.arrays(file) }
    }
  }

  /// Linear congruential (Knuth), so that a failure comes again.
  struct Random: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return state ^ state >> 29
    }
  }
}
