import Foundation
import Testing

/// Outputs that cannot be written: said before the work, and nothing is left behind.
struct OutputTests {
  @Test func aFolderIsNoOutput() throws {
    let folder = try TemporaryFolder()
    #expect(try Clipgraph.fail("export", "tiny", "-o", folder.path).contains("is a folder"))
    #expect(try Clipgraph.fail("export", "tiny", "-o", folder("no/such/file")).contains("mkdir -p"))
    #expect(folder.names.isEmpty)
  }

  @Test func aPipeIsNotReplaced() throws {
    let folder = try TemporaryFolder()
    try #require(mkfifo(folder("pipe"), 0o600) == 0)
    #expect(try Clipgraph.fail("export", "tiny", "-o", folder("pipe")).contains("a device or a pipe"))
    var status = stat()
    #expect(stat(folder("pipe"), &status) == 0 && status.st_mode & S_IFMT == S_IFIFO)
  }

  @Test func whatWasThereStaysWhenACommandFails() throws {
    let workshop = try Workshop.shared()
    let folder = try TemporaryFolder()
    let output = try folder.write("features.safetensors", Array("before".utf8))
    try Clipgraph.fail("embed", workshop.model, "--images", folder("missing.png"), "-o", output)
    #expect(try String(contentsOfFile: output, encoding: .utf8) == "before")
    #expect(folder.names == ["features.safetensors"])
  }

  @Test(.enabled(if: FileManager.default.fileExists(atPath: "/dev/full"), "there is no /dev/full"))
  func aFullStandardOutputIsAFailure() throws {
    let workshop = try Workshop.shared()
    let shell = try RunningClipgraph(
      ["-c", "exec \"$0\" inspect \"$1\" > /dev/full", Clipgraph.path, workshop.model], executable: "/bin/sh")
    let outcome = shell.finish()
    #expect(outcome.status == 1)
    #expect(outcome.errorLines.count == 1 && outcome.errors.contains("No space left"), "\(outcome.errors)")
  }

  @Test(.enabled(if: SmallDisk.isPossible, "a small disk can be mounted by root alone"))
  func aFullDiskLeavesNothingBehind() throws {
    let disk = try SmallDisk()
    let message = try Clipgraph.fail("export", "tiny", "-o", disk.folder("tiny.onnx"))
    #expect(message.contains("tiny.onnx") && message.contains("No space left"), "\(message)")
    #expect(disk.folder.names.isEmpty)
    let drawing = try Clipgraph.fail("dataset", "shapes", disk.folder("data"), "--count", "200")
    #expect(drawing.contains("No space left"), "\(drawing)")
  }
}

/// A file system of 64 kB.
private final class SmallDisk {
  let folder: TemporaryFolder

  static let isPossible: Bool = {
    guard getuid() == 0, let disk = try? SmallDisk() else { return false }
    return disk.folder.names.isEmpty
  }()

  init() throws {
    folder = try TemporaryFolder()
    let mount = try RunningClipgraph(
      ["-t", "tmpfs", "-o", "size=64k", "tmpfs", folder.path], executable: "/bin/mount")
    try #require(mount.finish().status == 0)
  }

  deinit { umount2(folder.path, Int32(MNT_DETACH)) }
}
