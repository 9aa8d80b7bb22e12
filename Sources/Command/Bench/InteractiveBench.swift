import Checkpoints
import ClipGraph
import Foundation
import Tensors

/// Serves `run K` and `save PATH`, one line in, one line out. No result survives a run but the features that `save` asks for.
struct InteractiveBench {
  let target: BenchTarget
  let batches: [NDArray]
  private var latest: NDArray?

  init(_ target: BenchTarget, batches: [NDArray]) { (self.target, self.batches) = (target, batches) }

  mutating func serve() throws {
    while let line = readLine() {
      let reply: String
      do { reply = try answer(line) } catch { reply = "error: \(Failure.line(of: error))" }
      try StandardOutput.line(reply, flushing: true)
    }
  }

  private mutating func answer(_ line: String) throws -> String {
    let parts = line.split(separator: " ", maxSplits: 1).map(String.init)
    switch (parts.first, parts.count) {
    case ("run", 2):
      guard let index = Int(parts[1]), batches.indices.contains(index) else {
        throw Failure(parts[1], "is no batch; there are \(batches.count), counted from 0")
      }
      latest = nil
      let clock = ContinuousClock()
      var features: NDArray?
      let time = try clock.measure { features = try target.run(batches[index]) }
      latest = features
      return Quantity.decimal(milliseconds(time), 4)
    case ("save", 2):
      guard let latest else { throw Failure("save", "nothing has been run yet") }
      try OutputFile.check(parts[1])
      try Safetensors([(target.output, try normalised(latest))]).write(to: parts[1])
      return parts[1]
    default:
      throw Failure(line, "is not understood; the commands are run K and save PATH")
    }
  }

  private func normalised(_ features: NDArray) throws(Failure) -> NDArray {
    guard features.scalar == .float32, features.sizes.count == 2 else {
      throw Failure(target.output, "is \(features.type), not rows of float32; choose the features with --output")
    }
    return Embeddings(rows: features.sizes[0], width: features.sizes[1], values: features.values(as: Float.self))
      .normalised().array
  }
}
