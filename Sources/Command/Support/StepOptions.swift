import ArgumentParser
import ClipGraph
import Passes

/// How a training step uses memory.
struct StepOptions: ParsableArguments {
  @Option(
    help: """
      What is computed again for the backward part: none; cheap, which is activations, normalisations and products \
      that take little for their size; or blocks, which is all but what goes from block to block and, in a fifth of \
      the bytes of parameters and moments at most, the products that take most for their size. Less memory for more \
      time; the numbers stay the same. (default: cheap)
      """)
  var recompute: Recomputation?

  @Option(
    help: ArgumentHelp(
      "Samples that are embedded at once: the batch takes their memory, and the loss is still that of the whole batch. "
        + "Statistics of batch normalisation are those of a micro-batch.", valueName: "n"))
  var microBatch: Int?

  @Option(
    help: ArgumentHelp(
      "Bytes that training may take, as 4G or 800M: chooses --recompute and --micro-batch, unless they are given, and "
        + "how many products blocks keeps.",
      valueName: "bytes"))
  var memoryLimit: ByteCount?

  func validate() throws {
    if let microBatch, microBatch < 1 { throw ValidationError("--micro-batch must be 1 or more, not \(microBatch)") }
  }

  func options(threads: Int) -> TrainableModel.Options {
    TrainableModel.Options(
      threads: threads, recomputation: recompute, microBatch: microBatch, memoryLimit: memoryLimit?.count)
  }

  /// Says what a limit led to.
  static func report(_ model: TrainableModel) {
    guard let choice = model.memoryChoice else { return }
    StandardError.line("clipgraph: a step takes about \(Quantity.bytes(choice.byteCount)) with \(choice)")
  }
}

extension Recomputation: ExpressibleByArgument {}

/// A number of bytes as people write it: 4G, 1.5G, 800M, 65536.
struct ByteCount: ExpressibleByArgument {
  let count: Int

  init?(argument: String) {
    let units = [("K", 0x1p10), ("M", 0x1p20), ("G", 0x1p30), ("T", 0x1p40)]
    var text = argument.uppercased()
    for ending in ["IB", "B"] where text.hasSuffix(ending) {
      text.removeLast(ending.count)
      break
    }
    var factor = 1.0
    if let unit = units.first(where: { text.hasSuffix($0.0) }) {
      text.removeLast()
      factor = unit.1
    }
    guard let number = Double(text), number > 0, number * factor < 1e15 else { return nil }
    count = Int(number * factor)
  }
}
