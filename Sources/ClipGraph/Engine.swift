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

  /// - Parameters:
  ///   - threads: how many threads kernels use; 0 means all cores.
  ///   - variables: initializers that may be changed between runs.
  public init(
    _ graph: Graph, compilation: Compilation, threads: Int = 0, variables: Set<String> = []
  ) throws(ClipGraphError) {
    let pipeline: Pipeline =
      switch compilation {
      case .inference: .inference
      case .training: .training
      case .none: .none
      }
    let optimised = try explaining { try pipeline.run(graph) }
    let count = threads > 0 ? threads : ProcessInfo.processInfo.activeProcessorCount
    let options = Session.Options(
      threads: count, prepareThread: { Threads.use($0) }, specialise: { bound in try pipeline.run(bound) },
      variables: variables)
    session = try explaining { try Session(optimised, options: options) }
    self.graph = optimised
  }

  /// Computes outputs (all, unless names are given) from the inputs that they need.
  public func run(_ inputs: [String: NDArray], outputs: [String]? = nil) throws(ClipGraphError) -> [String: NDArray] {
    try explaining { try session.run(inputs, outputs: outputs) }
  }

  /// Computes outputs and updates the states.
  @discardableResult
  public func step(_ inputs: [String: NDArray], outputs: [String]? = nil) throws(ClipGraphError) -> [String: NDArray] {
    try explaining { try session.step(inputs, outputs: outputs) }
  }
}
