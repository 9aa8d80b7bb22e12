import Foundation
import Graphs
import Operators
import Passes
import Runtime
import Tensors

/// A compiled graph: passes have run, and a session executes it. Safe to call from many threads.
public final class Engine: Sendable {
  /// Which passes run first.
  public enum Compilation: String, Sendable, CaseIterable {
    case inference, training
    /// As it is: node by node.
    case none
  }

  /// The graph after the passes.
  public let graph: Graph
  public let session: Session
  let variants: EngineVariants
  /// Where the graph computes captions without their padding.
  private let unpadding: Unpadding?
  /// The symbol for how many rows a caption has on average, where captions are computed without their padding.
  public var captionRows: String? { unpadding?.symbol }

  /// - Parameters:
  ///   - threads: how many threads kernels use; 0 means all cores.
  ///   - variables: initializers that may be changed between runs.
  ///   - recomputation: what the backward part of a training step keeps.
  ///   - recomputationBudget: bytes that `blocks` keeps beside the bottlenecks; nil for a fifth of those of the states.
  ///   - captions: the input of captions [batch, length] whose padding a training step need not compute, where `Unpadding`
  ///     proves that it does not count.
  ///   - strassen: whether large products with weights take Strassen's method, where `compilation` is for inference: as
  ///     `CLIP.Options` has it.
  public init(
    _ graph: Graph, compilation: Compilation, threads: Int = 0, variables: Set<String> = [],
    recomputation: Recomputation = .none, recomputationBudget: Int? = nil, captions: String? = nil,
    strassen: Bool = false
  ) throws(ClipGraphError) {
    let pipeline: Pipeline =
      switch compilation {
      case .inference: .inference
      case .training: .training
      case .none: .none
      }
    let compiler = strassen && compilation == .inference ? Pipeline.strassen : pipeline
    let count = threads > 0 ? threads : ProcessInfo.processInfo.activeProcessorCount
    // Lengths and totals of captions differ from batch to batch, and every pair of them is planned once.
    let options = Session.Options(
      threads: count, prepareThread: { Threads.use($0) }, maximumPrograms: compilation == .training ? 48 : 16,
      specialise: { try recomputation.applied(to: try pipeline.run($0), budget: recomputationBudget) },
      variables: variables)
    var graph = graph
    if let captions, graph.defaults.isEmpty {
      graph = try explaining { try pipeline.run(graph) }
      unpadding = graph.value(named: captions).flatMap { Unpadding(graph, text: $0) }
      graph = unpadding?.graph ?? graph
    } else {
      unpadding = nil
    }
    variants = EngineVariants(graph) { variant throws(ClipGraphError) in
      try explaining { try Session(try compiler.run(variant), options: options) }
    }
    session = try variants.session(for: graph)
    self.graph = session.graph
  }

  /// Computes outputs (all, unless names are given) from the inputs that they need.
  public func run(_ inputs: [String: NDArray], outputs: [String]? = nil) throws(ClipGraphError) -> [String: NDArray] {
    let (session, rest) = try variants.session(with: inputs, otherwise: session)
    return try explaining { try session.run(rest, outputs: outputs) }
  }

  /// Computes outputs and updates the states.
  @discardableResult
  public func step(_ inputs: [String: NDArray], outputs: [String]? = nil) throws(ClipGraphError) -> [String: NDArray] {
    try explaining { try session.step(completed(inputs), outputs: outputs) }
  }

  /// The inputs, with what the graph needs besides: which rows of captions count.
  func completed(_ inputs: [String: NDArray]) -> [String: NDArray] {
    guard let unpadding, let tokens = inputs[unpadding.text],
      let ends = CaptionLengths.ends(tokens, unpadding.place.pooling)
    else { return inputs }
    var inputs = inputs
    inputs[unpadding.rows] = Unpadding.rows(ends: ends, length: tokens.sizes[1])
    return inputs
  }
}
