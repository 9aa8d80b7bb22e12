import Tensors

/// A graph under rewriting: who makes and who reads each value is kept up to date with every change, so that a rule costs
/// what it touches. Belongs to one thread.
public final class Rewriter {
  /// Holds the graph; rules build new nodes with it.
  public let builder: GraphBuilder
  public let traits: OperatorTraits
  public let log: RewriteLog?
  /// Rewriting stops after this many rewrites: for finding the one that breaks a model.
  public let limit: Int
  public private(set) var rewrites = 0
  /// What computing constants may still cost, for all passes together; nil before the first asks.
  public var evaluationBudget: EvaluationBudget?
  /// States: constants that a run changes.
  public let states: Set<ValueID>

  /// The module path of the node that was looked at last.
  private var scope: (name: String, path: [String]) = ("", [])
  private var makers: [Int] = []
  private var readers: [[Int]] = []
  private var rootCounts: [Int] = []
  private(set) var alive: [Bool] = []
  /// Where a node stands in the order; new nodes stand where the replaced one stood.
  private(set) var positions: [Int] = []
  /// Whether more became known of a value than it was declared with.
  private(set) var isRefined = false

  public init(
    _ graph: Graph, traits: OperatorTraits = OperatorTraits(), log: RewriteLog? = nil, limit: Int = .max
  ) throws(GraphError) {
    try graph.verifyInDebugBuilds()
    (self.traits, self.log, self.limit) = (traits, log, limit)
    builder = GraphBuilder(extending: graph)
    states = graph.states
    grow()
    for index in graph.nodes.indices { register(index, position: index) }
    for root in graph.roots { rootCounts[root.index] += 1 }
    for index in graph.nodes.indices.reversed() { removeIfDead(index) }
  }

  // MARK: Reading

  public var graph: Graph { builder.graph }
  public func producer(of id: ValueID) -> Int? {
    id.index < makers.count && makers[id.index] >= 0 ? makers[id.index] : nil
  }
  public func users(of id: ValueID) -> [Int] { id.index < readers.count ? readers[id.index] : [] }
  public func isRoot(_ id: ValueID) -> Bool { id.index < rootCounts.count && rootCounts[id.index] > 0 }
  public func isAlive(_ node: Int) -> Bool { node < alive.count && alive[node] }
  /// Whether the limit of rewrites is reached.
  public var isExhausted: Bool { rewrites >= limit }

  // MARK: Writing

  /// Rewrites at a node what `body` says, in the name of `rule`. True when something was replaced.
  @discardableResult
  public func rewrite(at index: Int, _ rule: String, _ body: (RewriteSite) -> Replacement?) -> Bool {
    if isExhausted { return false }
    let firstNode = builder.graph.nodes.count
    let firstValue = builder.graph.values.count
    let firstDiagnostic = builder.diagnostics.count
    let site = RewriteSite(rewriter: self, index: index, rule: rule)
    let name = builder.graph.nodes[index].name
    if scope.name != name { scope = (name, name.lastIndex(of: "/").map { [String(name[..<$0])] } ?? []) }
    let replacement = builder.within(scope.path) { body(site) }
    var complaint: String?
    if builder.diagnostics.count > firstDiagnostic { complaint = builder.diagnostics[firstDiagnostic].message }
    if complaint == nil, let replacement {
      complaint = mismatch(replacement)
      if complaint == nil {
        commit(replacement, position: positions[index], firstNode: firstNode, firstValue: firstValue)
        rewrites += 1
        log?.add(rule, name, .applied)
        return true
      }
    }
    if let complaint { site.note(complaint) }
    builder.graph.nodes.removeSubrange(firstNode...)
    return false
  }

  /// Why values cannot take each other's places.
  private func mismatch(_ replacement: Replacement) -> String? {
    for (old, new) in replacement.pairs {
      guard let id = new.id else { return "the replacement could not be built" }
      if id == old { return "the replacement is the value itself" }
      let (before, after) = (builder.graph[old], builder.graph[id])
      if before.type != after.type { return "the replacement is \(after.type), but \(before.type) is needed" }
      if let contents = before.contents, contents != after.contents {
        // A constant of two axes or more says nothing of its elements until it takes the place of one that did.
        guard builder.graph.constants[id]?.integers?.map({ Dimension($0) }) == contents else {
          return "known contents would be lost"
        }
        builder.graph[id].contents = contents
      }
      let isOwn =
        id.index >= rootCounts.count ? builder.graph.constants[id] == nil : producer(of: id) != nil && !isRoot(id)
      if isRoot(old), !isOwn { return "what is asked for needs a value of its own" }
    }
    return nil
  }

  private func commit(_ replacement: Replacement, position: Int, firstNode: Int, firstValue: Int) {
    grow()
    for index in firstNode..<builder.graph.nodes.count { register(index, position: position) }
    var suspects: [Int] = []
    for (old, new) in replacement.pairs {
      guard let new = new.id else { continue }
      if builder.graph[old].contents == nil, builder.graph[new].contents != nil { isRefined = true }
      move(old, to: new, isNew: new.index >= firstValue)
      guard let maker = producer(of: old) else { continue }
      suspects.append(maker)
      if let newMaker = producer(of: new), newMaker >= firstNode { positions[newMaker] = positions[maker] }
    }
    suspects += Array(firstNode..<builder.graph.nodes.count).reversed()
    for index in suspects { removeIfDead(index) }
  }

  /// Lets everything that reads `old` read `new`.
  private func move(_ old: ValueID, to new: ValueID, isNew: Bool) {
    let moved = readers[old.index]
    readers[old.index] = []
    readers[new.index] += moved
    for node in Set(moved) {
      for position in builder.graph.nodes[node].inputs.indices where builder.graph.nodes[node].inputs[position] == old {
        builder.graph.nodes[node].inputs[position] = new
      }
    }
    let isNameless = !isRoot(new) && producer(of: new) != nil
    let takesName = isNew ? producer(of: new) != nil : isRoot(old) && isNameless
    if rootCounts[old.index] > 0 {
      for index in builder.graph.outputs.indices where builder.graph.outputs[index].value == old {
        builder.graph.outputs[index].value = new
      }
      for index in builder.graph.updates.indices where builder.graph.updates[index].value == old {
        builder.graph.updates[index].value = new
      }
      rootCounts[new.index] += rootCounts[old.index]
      rootCounts[old.index] = 0
    }
    if takesName {
      let name = builder.graph[old].name
      builder.graph[old].name = builder.graph[new].name
      builder.graph[new].name = name
    }
  }

  /// Lets all readers of a constant read an equal one.
  public func merge(_ constant: ValueID, into other: ValueID) {
    grow()
    if !isRoot(constant), !isExhausted { move(constant, to: other, isNew: false) }
  }

  /// Gives a node another operator that means the same on its inputs: attributes in another spelling.
  public func respell(_ index: Int, as op: any Operator) {
    builder.graph.nodes[index].op = op
  }

  /// Forgets trailing outputs that nobody reads, as far as the operator allows.
  public func trimOutputs(of index: Int) {
    let least = type(of: builder.graph.nodes[index].op).leastOutputs
    while builder.graph.nodes[index].outputs.count > max(least, 1), let last = builder.graph.nodes[index].outputs.last {
      if let last {
        if !readers[last.index].isEmpty || isRoot(last) { return }
        makers[last.index] = -1
      }
      builder.graph.nodes[index].outputs.removeLast()
    }
  }

  // MARK: Bookkeeping

  private func grow() {
    let missing = builder.graph.values.count - makers.count
    guard missing > 0 else { return }
    makers += [Int](repeating: -1, count: missing)
    readers += [[Int]](repeating: [], count: missing)
    rootCounts += [Int](repeating: 0, count: missing)
  }

  private func register(_ index: Int, position: Int) {
    if index >= alive.count {
      alive += [Bool](repeating: false, count: index + 1 - alive.count)
      positions += [Int](repeating: 0, count: index + 1 - positions.count)
    }
    alive[index] = true
    positions[index] = position
    for case let output? in builder.graph.nodes[index].outputs { makers[output.index] = index }
    for case let input? in builder.graph.nodes[index].inputs { readers[input.index].append(index) }
  }

  /// Forgets a node that nobody reads, and what only it read.
  private func removeIfDead(_ index: Int) {
    var pending = [index]
    while let next = pending.popLast() {
      guard isAlive(next) else { continue }
      let node = builder.graph.nodes[next]
      let isRead = node.outputs.contains { $0.map { !readers[$0.index].isEmpty || rootCounts[$0.index] > 0 } ?? false }
      if isRead { continue }
      alive[next] = false
      for case let output? in node.outputs { makers[output.index] = -1 }
      for case let input? in node.inputs {
        if let place = readers[input.index].firstIndex(of: next) { readers[input.index].remove(at: place) }
        if makers[input.index] >= 0 { pending.append(makers[input.index]) }
      }
    }
  }
}

extension Graph {
  func verifyInDebugBuilds() throws(GraphError) {
    #if DEBUG
      try verify()
    #endif
  }
}

extension Operator {
  /// The outputs that every node of this operator has.
  fileprivate static var leastOutputs: Int { onnx.first?.outputs.range.lowerBound ?? 1 }
}
