import Tensors

extension Rewriter {
  /// Applies rules until none of them applies: every node in order, all rules at each, again while anything changed.
  ///
  /// - Throws: `GraphError` when the rules do not come to rest, and for a rule that is wrong in itself.
  public func apply(_ rules: [any RewriteRule]) throws(GraphError) {
    for rule in rules {
      if let problem = rule.problems.first { throw GraphError(problem.kind, at: rule.name, problem.description) }
    }
    var byRoot: [ObjectIdentifier: [NamedRule]] = [:]
    var everywhere: [NamedRule] = []
    for rule in rules {
      let (named, roots) = (NamedRule(rule: rule, name: rule.name), rule.roots)
      if roots.isEmpty { everywhere.append(named) }
      for root in Set(roots.map { ObjectIdentifier($0) }) { byRoot[root, default: []].append(named) }
    }
    let bound = rewrites + 8 * builder.graph.nodes.count + 1000
    var isChanging = true
    while isChanging, !isExhausted {
      isChanging = false
      for index in try order() {
        guard isAlive(index) else { continue }
        let root = ObjectIdentifier(type(of: builder.graph.nodes[index].op))
        guard let rule = applied(byRoot[root] ?? [], at: index) ?? applied(everywhere, at: index) else { continue }
        isChanging = true
        if isExhausted { return }
        if rewrites > bound {
          throw GraphError(.cycle, at: rule, "does not come to rest: rules undo each other's work")
        }
      }
    }
  }

  /// The name of the first of the rules that applies at a node.
  private func applied(_ rules: [NamedRule], at index: Int) -> String? {
    rules.first { named in rewrite(at: index, named.name) { named.rule.rewrite($0) } }?.name
  }
}

private struct NamedRule {
  let rule: any RewriteRule
  let name: String
}

extension Graph {
  /// Applies rules to a graph until none of them applies.
  public func rewritten(
    by rules: [any RewriteRule], traits: OperatorTraits = OperatorTraits(), log: RewriteLog? = nil, limit: Int = .max
  ) throws(GraphError) -> Graph {
    let rewriter = try Rewriter(self, traits: traits, log: log, limit: limit)
    try rewriter.apply(rules)
    return try rewriter.finish()
  }
}
