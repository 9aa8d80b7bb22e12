import Checkpoints
import Foundation
import Tensors
import Testing

@Suite("Safetensors")
struct SafetensorsTests {
  static func temporary() -> String {
    FileManager.default.temporaryDirectory.appendingPathComponent("clipgraph-\(UUID().uuidString).safetensors").path
  }

  static func bytes() throws -> [UInt8] {
    let path = temporary()
    defer { try? FileManager.default.removeItem(atPath: path) }
    let file = Safetensors(
      [
        ("a", NDArray([Float(1), 2, 3], [3])), ("b", NDArray([UInt8(7)], [1, 1])), ("c", NDArray([Int64(-5), 9], [2])),
      ],
      metadata: ["made": "by a test"])
    try file.write(to: path)
    return Array(try Data(contentsOf: URL(fileURLWithPath: path)))
  }

  static func read(_ bytes: [UInt8]) throws -> Safetensors {
    let path = temporary()
    defer { try? FileManager.default.removeItem(atPath: path) }
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    return try Safetensors(contentsOf: path)
  }

  @Test("tensors and metadata survive a round trip")
  func roundTrip() throws {
    let file = try SafetensorsTests.read(try SafetensorsTests.bytes())
    #expect(file["a"]?.values(as: Float.self) == [1, 2, 3])
    #expect(file["b"]?.sizes == [1, 1])
    #expect(file["c"]?.values(as: Int64.self) == [-5, 9])
    #expect(file.metadata == ["made": "by a test"])
  }

  @Test("a file cut anywhere is an error that names it, never a crash")
  func truncated() throws {
    let whole = try SafetensorsTests.bytes()
    for length in 0..<whole.count {
      let error = #expect(throws: FileError.self) { try SafetensorsTests.read(Array(whole.prefix(length))) }
      #expect(error?.path.hasSuffix(".safetensors") == true)
    }
  }

  @Test(
    "headers that lie are refused",
    arguments: [
      #"{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,8]}}"#,
      #"{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}"#,
      #"{"a":{"dtype":"F32","shape":[4611686018427387904,8],"data_offsets":[0,16]}}"#,
      #"{"a":{"dtype":"F99","shape":[4],"data_offsets":[0,16]}}"#,
      #"{"a":{"dtype":"F32","shape":[4],"data_offsets":[9223372036854775800,16]}}"#,
      #"{"a":{"dtype":"F32","shape":[4],"data_offsets":[-16,0]}}"#,
      #"{"a":5}"#, "[]", "",
    ])
  func lies(header: String) throws {
    #expect(throws: FileError.self) { try SafetensorsTests.read(try SafetensorsTests.file(header, 16)) }
  }

  /// A file of this header and so many bytes.
  static func file(_ header: String, _ count: Int) throws -> [UInt8] {
    var bytes = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Array($0) }
    bytes += Array(header.utf8) + [UInt8](repeating: 0, count: count)
    return bytes
  }

  @Test(
    "tensors lie one behind the other, without overlaps and holes",
    arguments: [
      ([0, 8, 4, 12], 12, "b begins at byte 4 and overlaps what ends at 8"),
      ([0, 8, 0, 8], 8, "b begins at byte 0 and overlaps what ends at 8"),
      ([0, 8, 12, 20], 20, "bytes 8 to 12, before b, belong to no tensor"),
      ([4, 12, 12, 20], 20, "bytes 0 to 4, before a, belong to no tensor"),
      ([0, 8, 8, 16], 20, "4 bytes after the last tensor belong to none"), ([8, 16, 0, 8], 16, ""),
    ])
  func places(offsets: [Int], count: Int, complaint: String) throws {
    func entry(_ first: Int) -> String {
      #"{"dtype":"F32","shape":[2],"data_offsets":[\#(offsets[first]),\#(offsets[first + 1])]}"#
    }
    let bytes = try SafetensorsTests.file(
      #"{"a":\#(entry(0)),"b":\#(entry(2)),"e":{"dtype":"F32","shape":[0],"data_offsets":[8,8]}}"#, count)
    if complaint.isEmpty {
      #expect(try SafetensorsTests.read(bytes).tensors.map(\.name) == ["b", "e", "a"])
    } else {
      let error = #expect(throws: FileError.self) { try SafetensorsTests.read(bytes) }
      #expect(error?.message == complaint)
    }
  }

  @Test("a header longer than the file, of 2⁶⁰ bytes say, is refused", arguments: [60, 63, 32, 27])
  func headerLengths(bits: Int) throws {
    var bytes = try SafetensorsTests.bytes()
    withUnsafeBytes(of: (UInt64(1) << UInt64(bits)).littleEndian) { bytes.replaceSubrange(0..<8, with: $0) }
    let error = #expect(throws: FileError.self) { try SafetensorsTests.read(bytes) }
    #expect(error?.message.contains("its header would have") == true)
  }

  @Test func emptyTensorsOfAnyExtentAreRead() throws {
    let huge = #"{"a":{"dtype":"F32","shape":[0,4611686018427387904,8],"data_offsets":[0,0]}}"#
    #expect(try SafetensorsTests.read(try SafetensorsTests.file(huge, 0))["a"]?.count == 0)
  }
}
