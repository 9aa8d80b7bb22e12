import Graphs
import Operators
import Tensors

/// A training step that computes the tokens that count, and not the padding behind them: what is done row by row is done
/// with the rows of all captions one behind another.
///
/// Where attention is causal, no token behind the one that is read changes the loss, and the loss's gradient there is 0
/// (`CausalProof`). Rows lie as [batch, n], n being the mean number of tokens, rounded up; a further input says which of the
/// batch's places [batch, length] they are. Attention finds its sequences padded again, with zeros.
public struct Unpadding: Sendable {
  public let graph: Graph
  /// Captions [batch, length].
  public let text: String
  /// The input for the flat places of rows [batch, n], int64.
  public let rows: String
  /// The symbol for n.
  public let symbol: String
  /// Where a caption is read.
  public let place: CausalCut.Place

  /// - Parameter graph: a fused step.
  /// - Returns: nil where the proof fails, and where nothing would be saved.
  public init?(_ graph: Graph, text tokens: ValueID) {
    guard var proof = CausalProof(graph, tokens: tokens, isStep: true) else { return nil }
    for node in graph.nodes {
      guard proof.follow(node) else { return nil }
    }
    guard let place = proof.place, graph.roots.allSatisfy(proof.isWhole) else { return nil }
    var writer = UnpaddingWriter(proof, tokens: tokens)
    guard let written = writer.written() else { return nil }
    (self.graph, self.place, text) = (written, place, graph[tokens].name)
    (rows, symbol) = (writer.rowsName, writer.symbol)
  }

  /// Flat places of the rows to compute [batch, n], ascending: those up to each caption's end, and as many behind as are needed
  /// to fill the last.
  ///
  /// - Parameters:
  ///   - ends: the place of each caption that is read.
  ///   - length: places of a caption.
  public static func rows(ends: [Int], length: Int) -> NDArray {
    let filled = ends.map { min($0, length - 1) + 1 }
    let count = filled.reduce(0, +)
    let width = ends.isEmpty ? 0 : (count + ends.count - 1) / ends.count
    var spare = width * ends.count - count
    var places: [Int64] = []
    for (caption, count) in filled.enumerated() {
      let more = min(spare, length - count)
      spare -= more
      places += (0..<count + more).map { Int64(caption * length + $0) }
    }
    return NDArray(places, [ends.count, width])
  }
}

/// Writes a step anew. A value whose rows are made one behind another keeps its name and has them so; what reads it otherwise
/// reads a padded copy, and the other way round.
struct UnpaddingWriter {
  private let proof: CausalProof
  private var graph: Graph { proof.graph }
  private let tokens: ValueID
  let symbol: String
  let rowsName: String
  private var result: Graph
  /// Values of the graph that have rows one behind another.
  private var isPacked: Set<ValueID> = []
  private var packedCopies: [ValueID: ValueID] = [:]
  private var paddedCopies: [ValueID: ValueID] = [:]
  private var positionCopies: [ValueID: ValueID] = [:]
  private var constants: [[Int]: ValueID] = [:]
  private var names: Set<String>
  private var products = 0

  // Values of the result.
  private var rows = ValueID(0)
  private var flatRows = ValueID(0)
  private var extents = ValueID(0)
  private var placeCount = ValueID(0)
  private var positions = ValueID(0)

  init(_ proof: CausalProof, tokens: ValueID) {
    (self.proof, self.tokens, result) = (proof, tokens, proof.graph)
    names = Set(proof.graph.values.map(\.name))
    var symbol = "rows"
    while proof.graph.symbols.contains(symbol) { symbol += "_" }
    var name = proof.graph[tokens].name + ".rows"
    while names.contains(name) { name += "_" }
    (self.symbol, rowsName) = (symbol, name)
    result.nodes = []
  }

  mutating func written() -> Graph? {
    writePreamble()
    for node in graph.nodes {
      if isByRows(node) { writePacked(node) } else { writePadded(node) }
    }
    guard products > 0 else { return nil }
    do {
      try result.inferAll()
      let pruned = try result.pruned()
      let isSame = graph.roots.map { graph[$0].type } == pruned.roots.map { pruned[$0].type }
      return isSame ? pruned : nil
    } catch { return nil }
  }

  // MARK: Nodes

  private func fact(_ value: ValueID?) -> CausalProof.Fact? { value.flatMap { proof.facts[$0] } }

  /// The axis of places, where a value has rows or is made of tokens.
  private func axis(_ value: ValueID?) -> Int? {
    switch fact(value) {
    case .rows(let axis), .zeros(let axis): axis
    case .tokens, .indices: 1
    default: nil
    }
  }

  /// Whether the rows of a value can lie one behind another: [batch, length, width], [batch · length, width], tokens.
  private func isPackable(_ value: ValueID) -> Bool {
    if value == tokens { return true }
    let shape = graph[value].type.shape
    guard fact(value) != .tokens, let axis = axis(value), axis < 2, shape.rank == axis + 2 else { return false }
    return shape[-1].constant != nil
  }

  /// Whether a node does the same to every row, or sums over all of them.
  private func isByRows(_ node: Node) -> Bool {
    let moved = (node.inputs + node.outputs).compactMap { $0 }.filter { axis($0) != nil }
    guard node.inputs.contains(where: { axis($0) != nil }), moved.allSatisfy(isPackable) else { return false }
    let first = node.inputs.first.flatMap { axis($0) }
    func isAlongWidth(_ axis: Int) -> Bool { axis == -1 || axis == first.map { $0 + 1 } }
    switch node.op {
    case let op as GatherGradient: return op.axis == 0 && node.inputs[1] == tokens
    case is ScatterND: return first == nil && axis(node.inputs[2]) != nil
    case is AdamW: return node.inputs.count > 10 && node.inputs[10] == tokens
    case let op as FusedMatMul where op.transposeA: return first != nil && axis(node.inputs[1]) != nil
    case let op as ReduceSum:
      guard let axis = first, let input = node.inputs[0], let reduced = op.axes else { return false }
      let rank = graph[input].type.shape.rank
      return Set(reduced.map { $0 < 0 ? $0 + rank : $0 }).isSuperset(of: 0...axis)
    default: break
    }
    guard node.outputs.first.flatMap({ axis($0) }) != nil else { return false }
    switch node.op {
    case let op as Gather: return op.axis == 0 && node.inputs[1] == tokens && first == nil
    case is LayerNormalization, is LayerNormalizationGradient, is Linear, is MatMul, is FusedMatMul: return true
    case is Gelu, is QuickGelu, is Relu, is GeluGradient, is QuickGeluGradient, is ReluGradient: return true
    case is Add, is Sub, is Mul:
      return node.inputs.allSatisfy { axis($0) != nil || isAlikeForAll($0, beside: node.outputs[0]) }
    case let op as Split: return isAlongWidth(op.axis) && moved.contains { isPacked.contains($0) }
    case let op as Concat: return isAlongWidth(op.axis) && moved.contains { isPacked.contains($0) }
    case is Reshape:
      guard let input = node.inputs[0], isPacked.contains(input), let output = node.outputs[0] else { return false }
      return first == 1 && axis(output) == 0
    default: return false
    }
  }

  /// Whether an operand has the same numbers for all captions; for their places it may have its own.
  private func isAlikeForAll(_ value: ValueID?, beside output: ValueID?) -> Bool {
    guard let value, let output, let axis = axis(output) else { return false }
    let (shape, behind) = (graph[value].type.shape, graph[output].type.shape.rank - axis)
    guard shape.rank >= behind else { return true }
    guard shape.dimensions.dropLast(behind).allSatisfy({ $0 == 1 }) else { return false }
    return shape[-behind] == 1 || hasRowsOfPlaces(value, beside: output)
  }

  /// Whether an operand beside rows [batch, length, width] has a row for each of a caption's places, as positions have.
  private func hasRowsOfPlaces(_ value: ValueID, beside output: ValueID) -> Bool {
    let shape = graph[value].type.shape
    return fact(value) == nil && axis(output) == 1 && shape.rank >= 2 && shape[-2] == proof.length && shape[-2] != 1
  }

  private mutating func writePacked(_ node: Node) {
    var node = node
    for (index, input) in node.inputs.enumerated() {
      guard let input else { continue }
      if axis(input) != nil {
        node.inputs[index] = packed(input)
      } else if node.op is Add || node.op is Sub || node.op is Mul, let output = node.outputs[0],
        hasRowsOfPlaces(input, beside: output)
      {
        node.inputs[index] = atPositions(input)
      }
    }
    if node.op is Reshape, let output = node.outputs[0], let width = graph[output].type.shape[-1].constant {
      node.inputs[1] = constant([-1, width])
    }
    if node.op is Linear || node.op is MatMul || node.op is FusedMatMul { products += 1 }
    for case let output? in node.outputs where axis(output) != nil { isPacked.insert(output) }
    result.nodes.append(node)
  }

  private mutating func writePadded(_ node: Node) {
    var node = node
    node.inputs = node.inputs.map { input in input.map { padded($0) } }
    result.nodes.append(node)
  }

  // MARK: Copies

  private mutating func packed(_ value: ValueID) -> ValueID {
    if isPacked.contains(value) { return value }
    if let known = packedCopies[value] { return known }
    let type = graph[value].type
    let copy: ValueID
    if axis(value) == 0 {
      copy = add("unpadded", like: value, Gather(axis: 0), [value, flatRows])
    } else {
      let shape = [-1] + type.shape.dimensions.dropFirst(2).compactMap(\.constant)
      let flat = add("places", like: value, Reshape(allowZero: false), [value, constant(shape)])
      copy = add("unpadded", like: value, Gather(axis: 0), [flat, rows])
    }
    packedCopies[value] = copy
    return copy
  }

  private mutating func padded(_ value: ValueID) -> ValueID {
    guard isPacked.contains(value) else { return value }
    if let known = paddedCopies[value] { return known }
    let width = constant([graph[value].type.shape[-1].constant ?? 0])
    let shape = add("size", like: value, Concat(axis: 0), [placeCount, width])
    var copy = add(
      "padded", like: value, GatherGradient(axis: 0), [value, axis(value) == 0 ? flatRows : rows, shape])
    if axis(value) == 1 {
      let whole = add("shape", like: value, Concat(axis: 0), [extents, width])
      copy = add("captions", like: value, Reshape(allowZero: false), [copy, whole])
    }
    paddedCopies[value] = copy
    return copy
  }

  /// What has a row for each place [(1,) length, width], by rows [batch, n, width].
  private mutating func atPositions(_ value: ValueID) -> ValueID {
    if let known = positionCopies[value] { return known }
    let width = graph[value].type.shape[-1].constant ?? 1
    let table = add("places", like: value, Reshape(allowZero: false), [value, constant([-1, width])])
    let copy = add("unpadded", like: value, Gather(axis: 0), [table, positions])
    positionCopies[value] = copy
    return copy
  }

  // MARK: Writing

  private mutating func writePreamble() {
    let captions = graph[tokens].type.shape[0]
    rows = result.addValue(Value(name: unique(rowsName), type: TensorType(.int64, [captions, .symbol(symbol)])))
    result.inputs.append(rows)
    let flat = add("places", like: tokens, Reshape(allowZero: false), [tokens, constant([-1])])
    flatRows = add("flat", like: rows, Reshape(allowZero: false), [rows, constant([-1])])
    extents = add("extents", like: tokens, ShapeOf(start: 0, end: nil), [tokens])
    placeCount = add("count", like: tokens, ShapeOf(start: 0, end: nil), [flat])
    let length = add("length", like: tokens, ShapeOf(start: 1, end: 2), [tokens])
    positions = add("positions", like: rows, Mod(), [rows, length])
    packedCopies[tokens] = add("unpadded", like: tokens, Gather(axis: 0), [flat, rows])
  }

  /// A node with one output, whose type is inferred at the end.
  private mutating func add(
    _ what: String, like value: ValueID, _ op: some Operator, _ inputs: [ValueID]
  ) -> ValueID {
    let name = unique("\(what)/\(result[value].name)")
    let output = result.addValue(Value(name: name, type: result[value].type))
    result.nodes.append(Node(name: name, op: op, inputs: inputs, outputs: [output]))
    return output
  }

  private mutating func constant(_ numbers: [Int]) -> ValueID {
    if let known = constants[numbers] { return known }
    let array = NDArray(numbers.map(Int64.init), [numbers.count])
    let name = unique("rows/" + numbers.map(String.init).joined(separator: "×"))
    let id = result.addValue(Value(name: name, type: array.type, contents: GraphBuilder.contents(of: array)))
    result.constants[id] = array
    constants[numbers] = id
    return id
  }

  private mutating func unique(_ name: String) -> String {
    var (name, count) = (name, 0)
    let wanted = name
    while !names.insert(name).inserted {
      count += 1
      name = "\(wanted)_\(count)"
    }
    return name
  }
}
