import Foundation

/// Where the tests find their data.
enum Fixtures {
  static let repository = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
  static let images = repository.appendingPathComponent("Tests/Fixtures/images")
  static let tokenizer = repository.appendingPathComponent("Tests/Fixtures/tokenizer")

  /// The folder of large goldens beside the checkout; `CLIPGRAPH_SHARED` overrides it.
  static let shared: URL? = {
    let given = ProcessInfo.processInfo.environment["CLIPGRAPH_SHARED"]
    let folder = given.map { URL(fileURLWithPath: $0) } ?? repository.appendingPathComponent("../shared")
    return FileManager.default.fileExists(atPath: folder.path) ? folder : nil
  }()

  static func bytes(_ url: URL) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: url))
  }
}

/// 64-bit FNV-1a.
func fnv1a(_ bytes: [UInt8]) -> String {
  let hash = bytes.withUnsafeBufferPointer { bytes in
    bytes.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
  }
  let digits = String(hash, radix: 16)
  return String(repeating: "0", count: 16 - digits.count) + digits
}
