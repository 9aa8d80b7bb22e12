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
  func lies(header: String) {
    var bytes = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Array($0) }
    bytes += Array(header.utf8) + [UInt8](repeating: 0, count: 16)
    #expect(throws: FileError.self) { try SafetensorsTests.read(bytes) }
  }
}
