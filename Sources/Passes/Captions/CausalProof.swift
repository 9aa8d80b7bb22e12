import Graphs
import Operators
import Tensors

/// Follows tokens through a fused graph: what is made of them row by row, or by causal attention, depends at row i on tokens
/// 0 ... i alone, until one row of every sequence is read. In a training step, what comes back from there is 0 behind it.
struct CausalProof {
  /// What is known of a value that depends on the tokens.
  enum Fact: Equatable {
    /// The tokens themselves [batch, length].
    case tokens
    /// 1 for tokens of one kind, 0 for others [batch, length].
    case isKind(Int)
    /// Element i of this axis depends on tokens 0 ... i. Axis 0 is that of all places of the batch in one.
    case rows(Int)
    /// The place of every sequence that is read, in the order of the batch.
    case place
    /// Depends on tokens up to the place; in a step, on no row behind it.
    case read
    // Of a step:
    /// The tokens as indices of rows of a table [batch, length, 1].
    case indices
    /// As `rows`, and 0 behind the place.
    case zeros(Int)
    /// A sequence's number and its place [batch, 2].
    case tuples
    /// True up to the place, false behind it [batch, length].
    case seen
    /// 0 up to the place, −∞ behind it, along this axis.
    case hiding(Int)
  }

  /// A constant that meets rows, and has one number for each of their places.
  struct Slice: Hashable {
    let reader: ValueID?
    let constant: ValueID
    let axis: Int
  }

  private(set) var place: CausalCut.Place?
  private(set) var slices: [Slice] = []
  let graph: Graph
  let length: Dimension
  private(set) var facts: [ValueID: Fact]

  /// - Parameter isStep: the graph takes training steps; the sequences keep their length, and rows behind the place may hold
  ///   anything.
  init?(_ graph: Graph, tokens: ValueID, isStep: Bool = false) {
    let type = graph[tokens].type
    guard type.scalar.isInteger, type.shape.rank == 2, graph.updates.isEmpty != isStep else { return nil }
    length = type.shape[1]
    guard isStep || length.constant ?? 0 > 1 else { return nil }
    (self.graph, facts) = (graph, [tokens: .tokens])
  }

  private var isStep: Bool { !graph.updates.isEmpty }

  /// Whether a value says nothing of single rows.
  func isWhole(_ value: ValueID) -> Bool { facts[value] == nil || facts[value] == .read }

  /// Takes a node into account; false where it might read what lies behind the place.
  mutating func follow(_ node: Node) -> Bool {
    let known = node.inputs.map { $0.flatMap { facts[$0] } }
    if known.allSatisfy({ $0 == nil }) || isExtent(node, known) { return true }
    if isStep {
      guard let found = stepFacts(node, known) else { return false }
      for case (let output?, let fact) in zip(node.outputs, found) { facts[output] = fact }
      return true
    }
    guard let fact = fact(node, known) else { return false }
    for case let output? in node.outputs { facts[output] = fact }
    // What else attention gives: log Σ exp [batch, heads, length].
    if node.op is SelfAttention, node.outputs.count > 1, let sums = node.outputs[1] { facts[sums] = .rows(2) }
    return true
  }

  mutating func fact(_ node: Node, _ known: [Fact?]) -> Fact? {
    if known.allSatisfy({ $0 == nil || $0 == .place || $0 == .read }) {
      let keepsOrder = node.op is Unsqueeze || node.op is Squeeze || node.op is Reshape || node.op is Cast
      return known.first == .place && keepsOrder && known.dropFirst().allSatisfy { $0 == nil } ? .place : .read
    }
    switch node.op {
    case let op as Cast:
      if case .isKind? = known[0] { return known[0] }
      if known[0] == .tokens { return op.to == .int64 || op.to == .int32 ? .tokens : nil }
      return known[0]
    case is Equal:
      let (number, first) = (known[0] == .tokens ? node.inputs[1] : node.inputs[0], known[0] ?? known[1])
      guard first == .tokens, known.contains(nil), let number, let numbers = graph.fixedNumbers(number)?.integers,
        numbers.count == 1
      else { return nil }
      return .isKind(numbers[0])
    case let op as ArgMax:
      guard op.axis == 1 || op.axis == -1, !op.last else { return nil }
      let found: CausalCut.Place
      switch known[0] {
      case .tokens: found = .largest
      case .isKind(let token): found = .first(token)
      default: return nil
      }
      guard place == nil || place == found else { return nil }
      place = found
      return .place
    case let op as Gather:
      return op.axis == 0 && known[0] == nil && known[1] == .tokens ? .rows(1) : nil
    case let op as GatherND:
      guard op.batchDimensions == 1, known[0] == .rows(1), known[1] == .place, let x = node.inputs[0],
        let index = node.inputs[1], graph[index].type.shape == [graph[x].type.shape[0], 1]
      else { return nil }
      return .read
    case let op as SelfAttention:
      return op.causal && known[0] == .rows(1) && node.inputs.dropFirst().allSatisfy({ $0 == nil }) ? .rows(1) : nil
    case let op as LayerNormalization:
      guard case .rows(let axis)? = known[0], known.dropFirst().allSatisfy({ $0 == nil }), let x = node.inputs[0],
        op.axis == -1 || op.axis == graph[x].type.shape.rank - 1, axis < graph[x].type.shape.rank - 1
      else { return nil }
      return .rows(axis)
    case is Linear:
      guard case .rows(let axis)? = known[0], known[1] == nil, known.count < 3 || known[2] == nil,
        known.count < 4 || known[3] == known[0], let x = node.inputs[0], axis < graph[x].type.shape.rank - 1
      else { return nil }
      return .rows(axis)
    case is Add, is Mul, is Sub, is Div, is Gelu, is QuickGelu, is Relu, is Sigmoid, is Tanh, is Erf:
      return elementwise(node, known)
    default: return nil
    }
  }

  /// Whether a node reads extents that are not the sequences' length.
  private func isExtent(_ node: Node, _ known: [Fact?]) -> Bool {
    guard let op = node.op as? ShapeOf, let input = node.inputs[0] else { return false }
    if isStep { return true }
    let rank = graph[input].type.shape.rank
    func position(_ axis: Int) -> Int { axis < 0 ? axis + rank : axis }
    let extents = position(op.start)..<max(position(op.start), min(position(op.end ?? rank), rank))
    switch known[0] {
    case .tokens, .isKind: return !extents.contains(1)
    case .rows(let axis): return !extents.contains(axis)
    default: return true
    }
  }

  /// Rows with rows of the same places, with constants, and with what is the same for all places.
  private mutating func elementwise(_ node: Node, _ known: [Fact?]) -> Fact? {
    guard let output = node.outputs.first, let output else { return nil }
    /// The axis of the places, counted from the end.
    var behind: Int?
    for (input, fact) in zip(node.inputs, known) {
      guard case .rows(let axis)? = fact, let input else { continue }
      let distance = graph[input].type.shape.rank - axis
      guard behind == nil || behind == distance else { return nil }
      behind = distance
    }
    guard let behind else { return nil }
    for (input, fact) in zip(node.inputs, known) {
      guard let input else { continue }
      switch fact {
      case .rows: continue
      case .place, .read, nil: break
      default: return nil
      }
      let shape = graph[input].type.shape
      guard shape.rank >= behind, shape[-behind] != 1 else { continue }
      if isStep && fact == nil { continue }
      guard fact == nil, graph.fixedNumbers(input) != nil, shape[-behind] == length else { return nil }
      slices.append(Slice(reader: output, constant: input, axis: shape.rank - behind))
    }
    return .rows(graph[output].type.shape.rank - behind)
  }
}
