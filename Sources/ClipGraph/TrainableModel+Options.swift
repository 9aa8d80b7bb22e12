import Graphs
import Passes
import Runtime
import Tensors

extension TrainableModel {
  /// How steps are taken. The numbers do not depend on it, but for rounding where there are micro-batches, and for the
  /// statistics of batch normalisation, which are those of a micro-batch.
  public struct Options: Sendable {
    /// Threads for kernels; 0 means all cores.
    public var threads: Int
    /// What the backward part keeps; nil for `cheap`, or for what the memory limit asks for.
    public var recomputation: Recomputation?
    /// Samples that are embedded at once, whatever the batch; nil for the whole batch, or for what the limit asks for.
    public var microBatch: Int?
    /// Bytes that the process may take for a step, about; nil for no limit.
    public var memoryLimit: Int?
    /// Bytes of products that `blocks` keeps at most beside what goes from block to block; nil for a fifth of those of the
    /// states, or for what the limit allows.
    public var recomputationBudget: Int?

    public init(
      threads: Int = 0, recomputation: Recomputation? = nil, microBatch: Int? = nil, memoryLimit: Int? = nil,
      recomputationBudget: Int? = nil
    ) {
      (self.threads, self.recomputation) = (threads, recomputation)
      (self.microBatch, self.memoryLimit) = (microBatch, memoryLimit)
      self.recomputationBudget = recomputationBudget
    }
  }

  /// What a memory limit led to.
  public struct MemoryChoice: Hashable, Sendable, CustomStringConvertible {
    public let recomputation: Recomputation
    /// nil for the whole batch at once.
    public let microBatch: Int?
    /// Bytes that a step takes, about.
    public let byteCount: Int
    /// Bytes of products that `blocks` keeps at most; nil where something else is kept.
    public let recomputationBudget: Int?

    /// The flags that ask for the same, and the bytes of products that are kept instead of a fifth of the states'.
    public var description: String {
      let flags = "--recompute \(recomputation.rawValue)" + (microBatch.map { " --micro-batch \($0)" } ?? "")
      guard let budget = recomputationBudget else { return flags }
      if budget == 0 { return flags + ", keeping no products" }
      return flags + ", keeping up to \(budget >> 20 > 0 ? "\(budget >> 20) MiB" : "\(budget >> 10) KiB") of products"
    }
  }
}

/// An engine, and how it takes a step.
enum CompiledStep {
  case whole(Engine)
  case microBatched(MicroBatchedEngine)

  init(_ algorithm: Graph, _ options: TrainableModel.Options) throws(ClipGraphError) {
    let (recomputation, budget) = (options.recomputation ?? .cheap, options.recomputationBudget)
    if let count = options.microBatch {
      self = .microBatched(
        try MicroBatchedEngine(
          algorithm, count: count, threads: options.threads, recomputation: recomputation,
          recomputationBudget: budget))
    } else {
      self = .whole(
        try Engine(
          algorithm, compilation: .training, threads: options.threads, recomputation: recomputation,
          recomputationBudget: budget, captions: StepInputs.captions(of: algorithm)))
    }
  }

  var engine: Engine {
    switch self {
    case .whole(let engine): engine
    case .microBatched(let batched): batched.engine
    }
  }

  /// The program of a step on these inputs, or of its part that needs most memory.
  func program(_ inputs: [String: NDArray]) throws(ClipGraphError) -> Program {
    switch self {
    case .whole(let engine):
      try explaining { try engine.session.prepare(engine.completed(inputs), updates: true).program }
    case .microBatched(let batched): try batched.largestProgram(inputs)
    }
  }

  /// Bytes that a step takes: the states, the arena of the largest part, and what enters and leaves.
  func byteCount(_ program: Program) -> Int {
    let graph = engine.session.graph
    let states = graph.states.reduce(0) { $0 + (graph.constants[$1]?.byteCount ?? 0) }
    let memory = program.memory
    return states + memory.arenaByteCount + memory.constantByteCount + memory.portByteCount + CompiledStep.overhead
  }

  /// Bytes of the program itself, its graphs and libraries, about.
  private static let overhead = 96 << 20
}
