import Foundation
import Tensors
import Testing

@testable import ONNX

/// External data is read inside the model's directory only.
struct ExternalDataTests {
  let directory: TemporaryDirectory
  init() throws {
    directory = try TemporaryDirectory()
    let manager = FileManager.default
    try manager.createDirectory(atPath: directory.path("model/sub"), withIntermediateDirectories: true)
    for name in ["secret.bin", "model/w.bin", "model/sub/w.bin"] {
      try Data((0..<48).map { UInt8($0) }).write(to: directory.url.appending(path: name))
    }
    try manager.createSymbolicLink(atPath: directory.path("model/link.bin"), withDestinationPath: "../secret.bin")
    try manager.createSymbolicLink(atPath: directory.path("model/linked"), withDestinationPath: "sub")
    mkfifo(directory.path("model/fifo"), 0o600)
  }

  func range(
    _ entries: KeyValuePairs<String, String>, bytes: Int = 48, trusting root: String? = nil
  ) throws -> (file: Storage, offset: Int) {
    try ExternalData(directory: directory.path("model"), trustedRoot: root.map(directory.path))
      .range(entries.map { ($0.key, $0.value) }, byteCount: bytes, at: "W")
  }

  @Test func plainPathsAreRead() throws {
    #expect(try range(["location": "w.bin"]).file.count == 48)
    #expect(try range(["location": "sub/w.bin", "offset": "3", "length": "45", "evil": "1"], bytes: 45).offset == 3)
  }

  /// Links are followed to files beneath the trusted root alone, and plain paths stay as they are.
  @Test func linksLeadBeneathTheTrustedRoot() throws {
    #expect(try range(["location": "linked/w.bin"], trusting: "model").file.count == 48)
    #expect(try range(["location": "link.bin"], trusting: "").file.count == 48)
    #expect(try range(["location": "w.bin"], trusting: "model/sub").file.count == 48)
    let outside = complaint { try range(["location": "link.bin"], trusting: "model") }
    #expect(outside.contains("outside of the trusted root"), "\(outside)")
    let missing = complaint { try range(["location": "link.bin"], trusting: "nowhere") }
    #expect(missing.contains("is not there"), "\(missing)")
    #expect(complaint { try range(["location": "../secret.bin"], trusting: "") }.contains("is not a relative path"))
    #expect(complaint { try range(["location": "fifo"], trusting: "") }.contains("not a regular file"))
  }

  @Test(arguments: [
    "../secret.bin", "sub/../../secret.bin", "/etc/passwd", "file:///etc/passwd", "", ".", "./w.bin", "sub//w.bin",
    "..\\secret.bin", "sub", "link.bin", "linked/w.bin", "fifo", "missing.bin", "w.bin/", "w.bin/x", "/dev/zero",
  ])
  func everythingElseIsRefused(location: String) {
    let said = complaint { try range(["location": location]) }
    #expect(said.hasPrefix("W: has external data at"), "\(said)")
  }

  @Test(arguments: [
    ("offset", "-16"), ("offset", "abc"), ("offset", "0x10 "), ("offset", "9223372036854775800"),
    ("offset", "18446744073709551568"), ("offset", ""), ("offset", "1000"), ("offset", "16"), ("length", "-1"),
    ("length", "40"), ("length", "1000000000000000"), ("location", "../secret.bin"),
  ])
  func rangesAreChecked(key: String, value: String) {
    #expect(throws: ONNXError.self) {
      try ExternalData(directory: directory.path("model"), trustedRoot: nil)
        .range([("location", "w.bin"), (key, value)], byteCount: 48, at: "W")
    }
  }

  @Test func memoryHasNoDirectory() {
    let said = complaint {
      try ExternalData(directory: nil, trustedRoot: nil).range([("location", "w.bin")], byteCount: 4, at: "W")
    }
    #expect(said.contains("was not read from a file"))
    #expect(complaint { try range([:]) }.contains("names no location"))
  }
}
