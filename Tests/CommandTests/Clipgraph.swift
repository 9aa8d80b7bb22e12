import Foundation
import Testing

/// The built executable as a stranger meets it: arguments, standard input, output, an exit code.
struct Clipgraph {
  struct Outcome {
    var status: Int32
    var output: String
    var errors: String

    var outputLines: [String] { output.split(separator: "\n").map(String.init) }
    var errorLines: [String] { errors.split(separator: "\n").map(String.init) }
  }

  /// It lies beside the bundle of the tests.
  static let path = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
    .appendingPathComponent("clipgraph").path

  /// Runs a command to its end.
  @discardableResult
  static func run(_ arguments: [String], input: String = "", in folder: String? = nil) throws -> Outcome {
    let running = try RunningClipgraph(arguments, in: folder)
    running.write(input)
    return running.finish()
  }

  /// Runs a command that must succeed; gives its standard output.
  @discardableResult
  static func succeed(_ arguments: String..., input: String = "", in folder: String? = nil) throws -> String {
    let outcome = try run(arguments, input: input, in: folder)
    try #require(outcome.status == 0, "\(arguments.joined(separator: " ")): \(outcome.errors)")
    #expect(outcome.errors.isEmpty)
    return outcome.output
  }

  /// Runs a command that must fail with 1, say one line on stderr and nothing on stdout; gives that line.
  @discardableResult
  static func fail(_ arguments: String..., input: String = "", in folder: String? = nil) throws -> String {
    let outcome = try run(arguments, input: input, in: folder)
    let command = arguments.joined(separator: " ")
    #expect(outcome.status == 1, "\(command): \(outcome.status) \(outcome.errors)")
    #expect(outcome.output.isEmpty, "\(command): \(outcome.output)")
    #expect(outcome.errorLines.count == 1, "\(command): \(outcome.errors)")
    let line = outcome.errorLines.first ?? ""
    #expect(line.hasPrefix("clipgraph: "), "\(line)")
    return line
  }
}

/// A command that is under way.
final class RunningClipgraph {
  private let process = Process()
  private let input = Pipe()
  private let output = Pipe()
  private let errorFile: String

  init(_ arguments: [String], in folder: String? = nil, executable: String = Clipgraph.path) throws {
    errorFile = NSTemporaryDirectory() + "/clipgraph-errors-\(UUID().uuidString)"
    try Data().write(to: URL(fileURLWithPath: errorFile))
    process.executableURL = URL(fileURLWithPath: executable)
    process.arguments = arguments
    process.standardInput = input
    process.standardOutput = output
    process.standardError = FileHandle(forWritingAtPath: errorFile)
    if let folder { process.currentDirectoryURL = URL(fileURLWithPath: folder) }
    try process.run()
  }

  /// Nothing where the command has ended already.
  func write(_ text: String) {
    signal(SIGPIPE, SIG_IGN)
    try? input.fileHandleForWriting.write(contentsOf: Data(text.utf8))
  }

  /// The next line of standard output; nil at its end.
  func line() -> String? {
    var bytes: [UInt8] = []
    while let byte = try? output.fileHandleForReading.read(upToCount: 1)?.first {
      if byte == UInt8(ascii: "\n") { return String(decoding: bytes, as: UTF8.self) }
      bytes.append(byte)
    }
    return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
  }

  /// Processor time that the command has used so far, in milliseconds.
  func processorTime() throws -> Double {
    let text = try String(contentsOfFile: "/proc/\(process.processIdentifier)/stat", encoding: .utf8)
    let fields = text[(text.lastIndex(of: ")") ?? text.startIndex)...].split(separator: " ")
    return (fields[12...13].compactMap { Double($0) }.reduce(0, +)) * 1000 / Double(sysconf(Int32(_SC_CLK_TCK)))
  }

  func interrupt() { kill(process.processIdentifier, SIGINT) }

  /// Ends it on the spot; false where it has ended by itself.
  func killed() -> Bool {
    kill(process.processIdentifier, SIGKILL)
    return finish().status == SIGKILL
  }

  /// Closes standard input and waits for the end.
  func finish() -> Clipgraph.Outcome {
    try? input.fileHandleForWriting.close()
    let rest = (try? output.fileHandleForReading.readToEnd()) ?? Data()
    process.waitUntilExit()
    let errors = (try? String(contentsOfFile: errorFile, encoding: .utf8)) ?? ""
    try? FileManager.default.removeItem(atPath: errorFile)
    return Clipgraph.Outcome(
      status: process.terminationStatus, output: String(decoding: rest, as: UTF8.self), errors: errors)
  }
}
