import ClipGraph
import Foundation
import Tensors
import Testing
import Training

/// Runs that end before their time and go on.
struct ResumeTests {
  /// Kills of one test: CLIPGRAPH_KILLS, or three.
  private static let kills = ProcessInfo.processInfo.environment["CLIPGRAPH_KILLS"].flatMap(Int.init) ?? 3

  private func arguments(_ folder: TemporaryFolder, _ name: String, steps: Int) throws -> [String] {
    let workshop = try Workshop.shared()
    return [
      "train", workshop.training, "--data", workshop.data, "-o", folder("\(name).onnx"), "--batch-size", "8", "--steps",
      "\(steps)", "--checkpoint", folder("\(name)-state.onnx"), "--checkpoint-every", "1", "--workers", "2", "--json",
      "--log-every", "1",
    ]
  }

  private func states(_ path: String) throws -> [String: NDArray] {
    let step = try #require(try readModel(path).training).step
    return Dictionary(
      uniqueKeysWithValues: step.states.compactMap { id in step.constants[id].map { (step[id].name, $0) } })
  }

  @Test func killedAtAnyMomentARunEndsAsItWouldHave() throws {
    let folder = try TemporaryFolder()
    let steps = 8 * max(2, Self.kills)
    #expect(try Clipgraph.run(try arguments(folder, "whole", steps: steps)).status == 0)
    let command = try arguments(folder, "killed", steps: steps)
    var generator = SystemRandomNumberGenerator()
    var (kills, starts) = (0, 0)
    var resumption: [String] {
      FileManager.default.fileExists(atPath: folder("killed-state.onnx")) ? ["--resume"] : []
    }
    while kills < Self.kills, starts < 4 * Self.kills {
      let training = try RunningClipgraph(command + resumption)
      starts += 1
      guard training.line() != nil else { break }
      usleep(.random(in: 0..<150_000, using: &generator))
      if training.killed() { kills += 1 }
    }
    let last = try Clipgraph.run(command + resumption)
    #expect(last.status == 0 || last.errors.contains("has taken \(steps) steps already"), "\(last.errors)")
    let (whole, resumed) = (try states(folder("whole-state.onnx")), try states(folder("killed-state.onnx")))
    #expect(whole.count > 30 && Set(whole.keys) == Set(resumed.keys))
    for (name, array) in whole { #expect(resumed[name] == array, "\(name)") }
    #expect(
      try readModel(folder("whole-state.onnx")).streamPosition()
        == readModel(folder("killed-state.onnx")).streamPosition())
  }

  @Test func otherDataAreSaidToBeDrawnAnew() throws {
    let folder = try TemporaryFolder()
    #expect(try Clipgraph.run(try arguments(folder, "a", steps: 2)).status == 0)
    let other = try Clipgraph.run(try arguments(folder, "a", steps: 3) + ["--resume", "--seed", "5"])
    #expect(other.status == 0 && other.errorLines.count == 1 && other.errors.contains("drawn anew"), "\(other.errors)")
    #expect(try readModel(folder("a.onnx")).streamPosition() == nil)
    let resampled = try Clipgraph.run(
      try arguments(folder, "a", steps: 4) + ["--resume", "--resampled", "--seed", "5"])
    #expect(resampled.status == 0 && resampled.errors.contains("--resampled"), "\(resampled.errors)")
  }

  @Test func dataDrawnWithReplacementGoOn() throws {
    let folder = try TemporaryFolder()
    let resampled = ["--resampled"]
    #expect(try Clipgraph.run(try arguments(folder, "whole", steps: 6) + resampled).status == 0)
    #expect(try Clipgraph.run(try arguments(folder, "half", steps: 3) + resampled).status == 0)
    let rest = try Clipgraph.run(try arguments(folder, "half", steps: 6) + resampled + ["--resume"])
    #expect(rest.status == 0 && rest.errors.isEmpty, "\(rest.errors)")
    let (whole, resumed) = (try states(folder("whole-state.onnx")), try states(folder("half-state.onnx")))
    #expect(whole.count > 30 && Set(whole.keys) == Set(resumed.keys))
    for (name, array) in whole { #expect(resumed[name] == array, "\(name)") }
  }

  @Test func theLastCheckpointsAreKept() throws {
    let folder = try TemporaryFolder()
    #expect(try Clipgraph.run(try arguments(folder, "a", steps: 5) + ["--keep", "3"]).status == 0)
    #expect(folder.names == ["a-state.3.onnx", "a-state.4.onnx", "a-state.onnx", "a.onnx"])
    for (name, steps) in [("a-state.3", 3), ("a-state.4", 4), ("a-state", 5)] {
      #expect(try TrainableModel(try readModel(folder("\(name).onnx"))).stepsTaken() == steps)
    }
  }

  /// A limit on the size of files stands for a disk that is full.
  @Test func aFullDiskLeavesTheCheckpointBefore() throws {
    let folder = try TemporaryFolder()
    #expect(try Clipgraph.run(try arguments(folder, "a", steps: 2)).status == 0)
    let before = try Data(contentsOf: URL(fileURLWithPath: folder("a-state.onnx")))
    let command = try ([Clipgraph.path] + arguments(folder, "a", steps: 4) + ["--resume"])
      .map { "'\($0)'" }.joined(separator: " ")
    let limited = try RunningClipgraph(
      ["-c", "trap '' XFSZ; ulimit -f 64; exec \(command)"], executable: "/bin/bash")
    let outcome = limited.finish()
    #expect(outcome.status == 1 && outcome.errors.contains("training goes on"), "\(outcome.errors)")
    #expect(try Data(contentsOf: URL(fileURLWithPath: folder("a-state.onnx"))) == before)
    #expect(folder.names == ["a-state.onnx", "a.onnx"])
  }
}
