import Graphs

/// Passes in order.
public struct Pipeline: Sendable, CustomStringConvertible {
  public let name: String
  public let passes: [any Pass]

  public init(_ name: String, _ passes: [any Pass]) { (self.name, self.passes) = (name, passes) }

  /// Runs every pass in turn, on the graph in single precision. Outputs, updates, inputs and the numbers of constants stay.
  ///
  /// - Parameters:
  ///   - log: what was rewritten and what nearly was.
  ///   - limit: stops after this many rewrites.
  /// - Throws: `GraphError` for a graph that is not well-formed, and for rules that do not come to rest.
  public func run(_ graph: Graph, log: RewriteLog? = nil, limit: Int = .max) throws(GraphError) -> Graph {
    let rewriter = try Rewriter(
      try graph.expandingDecidedBranches().inSinglePrecision(), traits: .standard, log: log, limit: limit)
    for pass in passes {
      try pass.run(on: rewriter)
      #if DEBUG
        do { _ = try rewriter.finish() } catch {
          throw GraphError(error.kind, at: error.place, "after \(pass.name): \(error.message)")
        }
      #endif
    }
    return try rewriter.finish()
  }

  /// One line a pass, with its rules.
  public var description: String {
    let lines = passes.map { pass in
      let rules = (pass as? Rules)?.rules.map(\.name) ?? []
      return "  " + pass.name + (rules.isEmpty || rules == [pass.name] ? "" : ": " + rules.joined(separator: ", "))
    }
    return ([name] + lines).joined(separator: "\n") + "\n"
  }
}
