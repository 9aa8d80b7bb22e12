import Graphs
import Operators
import Tensors

/// What the nodes of a training step do with rows. Nothing that is kept or given may depend on a row behind the place, and
/// what the loss's gradient is there, 0, may be left out of every sum.
extension CausalProof {
  /// What a node gives, by output; nil where it might read what lies behind the place.
  mutating func stepFacts(_ node: Node, _ known: [Fact?]) -> [Fact]? {
    func every(_ fact: Fact) -> [Fact] { [Fact](repeating: fact, count: node.outputs.count) }
    if let fact = choice(node, known) { return every(fact) }
    if let facts = attention(node, known) ?? backward(node, known) { return facts }
    if let facts = movement(node, known).map(every) ?? product(node, known).map(every) { return facts }
    let weakened = known.map { fact in if case .zeros(let axis)? = fact { Fact.rows(axis) } else { fact } }
    guard let fact = fact(node, weakened) else { return known.allSatisfy(Self.isExact) ? every(.read) : nil }
    guard case .rows(let axis) = fact else { return every(fact) }
    if node.op is SelfAttention, node.outputs.count > 1 { return [fact, .rows(2)] }
    return every(isZero(node, known) ? .zeros(axis) : fact)
  }

  /// Whether a value holds the same whatever rows behind the place hold.
  static func isExact(_ fact: Fact?) -> Bool {
    switch fact {
    case .tokens, .indices, .isKind, .rows: false
    default: true
    }
  }

  private static func zeroAxis(_ fact: Fact?) -> Int? { if case .zeros(let axis)? = fact { axis } else { nil } }

  private static func rowAxis(_ fact: Fact?) -> Int? {
    switch fact {
    case .rows(let axis), .zeros(let axis): axis
    default: nil
    }
  }

  private func shape(_ node: Node, _ index: Int) -> Shape {
    guard index < node.inputs.count, let input = node.inputs[index] else { return [] }
    return graph[input].type.shape
  }

  /// Whether elementwise results are 0 where operands are.
  private func isZero(_ node: Node, _ known: [Fact?]) -> Bool {
    switch node.op {
    case is Mul: known.contains { Self.zeroAxis($0) != nil }
    case is Add, is Sub: known.allSatisfy { Self.zeroAxis($0) != nil }
    default: false
    }
  }

  /// The place, what is made of it, and what reads tokens in any order.
  private func choice(_ node: Node, _ known: [Fact?]) -> Fact? {
    switch node.op {
    case is RowGroups: return known[0] == .tokens ? .read : nil
    case is Concat:
      guard known == [nil, .place], shape(node, 1).rank == 2, let count = node.inputs[0],
        isCounted(count, to: shape(node, 1)[0])
      else { return nil }
      return .tuples
    case is LessOrEqual:
      guard known == [nil, .place], let counted = node.inputs[0], case let place = shape(node, 1), place.rank == 2,
        place[1] == 1, let output = node.outputs[0], graph[output].type.shape == [place[0], length],
        isCounted(counted, to: length)
      else { return nil }
      return .seen
    case is Where:
      guard known == [.seen, nil, nil], number(node.inputs[1]) == 0, number(node.inputs[2]) == -.infinity else {
        return nil
      }
      return .hiding(1)
    case let op as Unsqueeze:
      if known[0] == .tokens { return op.axes == [2] || op.axes == [-1] ? .indices : nil }
      guard case .hiding(let axis)? = known[0] else { return nil }
      let rank = shape(node, 0).rank + op.axes.count
      let added = Set(op.axes.map { $0 < 0 ? $0 + rank : $0 })
      let kept = (0..<rank).filter { !added.contains($0) }
      return axis < kept.count ? .hiding(kept[axis]) : nil
    default: return nil
    }
  }

  /// Whether a value is 0, 1, 2 … of this many, whatever axes of one it has.
  private func isCounted(_ value: ValueID, to count: Dimension) -> Bool {
    guard graph[value].type.shape.elementCount == count else { return false }
    if let numbers = graph.fixedNumbers(value)?.integers { return numbers == Array(numbers.indices) }
    guard let node = graph.nodes.first(where: { $0.outputs.contains(value) }) else { return false }
    switch node.op {
    case is RangeOf:
      func bound(_ index: Int) -> Dimension? { node.inputs[index].flatMap { graph[$0].contents?.first } }
      return bound(0) == 0 && bound(2) == 1
    case is Unsqueeze, is Squeeze, is Reshape: return node.inputs[0].map { isCounted($0, to: count) } ?? false
    default: return false
    }
  }

  private func number(_ value: ValueID?) -> Float? {
    guard let numbers = value.flatMap({ graph.fixedNumbers($0) })?.values(as: Float.self), numbers.count == 1 else {
      return nil
    }
    return numbers[0]
  }

  /// Attention of the token that is read to those before it, its gradient, and that of attention of all.
  private func attention(_ node: Node, _ known: [Fact?]) -> [Fact]? {
    func isHidden(_ index: Int, axis: Int) -> Bool {
      known.count > index && known[index] == .hiding(axis) && shape(node, index).rank == axis + 1
    }
    switch node.op {
    case is CrossAttention:
      guard Self.isExact(known[0]), Self.rowAxis(known[1]) == 1, isHidden(2, axis: 3), node.outputs.count == 1 else {
        return nil
      }
      return [.read]
    case let op as ScaledDotProductAttention where op.causal:
      guard (0..<3).allSatisfy({ Self.rowAxis(known[$0]) == 2 }), known.count < 4 || node.inputs[3] == nil else {
        return nil
      }
      return [Fact](repeating: .rows(2), count: node.outputs.count)
    case let op as ScaledDotProductAttentionGradient where op.causal:
      guard (0..<4).allSatisfy({ Self.rowAxis(known[$0]) == 2 }), known[4] == .zeros(2),
        known.count < 6 || node.inputs[5] == nil, known.count < 7 || node.inputs[6] == nil || known[6] == .rows(2)
      else { return nil }
      return [.zeros(2), .zeros(2), .zeros(2)]
    case is ScaledDotProductAttentionGradient:
      guard [0, 3, 4].allSatisfy({ Self.isExact(known[$0]) && Self.zeroAxis(known[$0]) == nil }),
        Self.rowAxis(known[1]) == 2, Self.rowAxis(known[2]) == 2, isHidden(5, axis: 3),
        known.count < 7 || Self.isExact(known[6])
      else { return nil }
      return [.read, .zeros(2), .zeros(2)]
    case let op as SelfAttentionGradient:
      guard op.causal, Self.rowAxis(known[0]) == 1, Self.rowAxis(known[1]) == 1, known[2] == .zeros(1),
        known.count < 4 || known[3] == .rows(2) || node.inputs[3] == nil
      else { return nil }
      return [.zeros(1)]
    default: return nil
    }
  }

  /// Gradients with respect to rows, which are 0 behind the place, and what is summed over them.
  private func backward(_ node: Node, _ known: [Fact?]) -> [Fact]? {
    switch node.op {
    case let op as GatherNDGradient:
      guard Self.isExact(known[0]), known[2] == nil, let output = node.outputs[0],
        case let x = graph[output].type.shape, x.rank == 3
      else { return nil }
      let isOfPlaces = op.batchDimensions == 1 && known[1] == .place && shape(node, 1) == [x[0], 1]
      let isOfTuples = op.batchDimensions == 0 && known[1] == .tuples && shape(node, 1) == [x[0], 2]
      return isOfPlaces || isOfTuples ? [.zeros(1)] : nil
    case is GeluGradient, is QuickGeluGradient, is ReluGradient:
      guard let axis = Self.zeroAxis(known[1]), Self.rowAxis(known[0]) == axis else { return nil }
      return [.zeros(axis)]
    case let op as LayerNormalizationGradient:
      guard let axis = Self.zeroAxis(known[2]), Self.rowAxis(known[0]) == axis, known[1] == nil,
        case let rank = shape(node, 0).rank, op.axis == -1 || op.axis == rank - 1, axis < rank - 1
      else { return nil }
      return [.zeros(axis)] + [Fact](repeating: .read, count: node.outputs.count - 1)
    case let op as GatherGradient:
      return op.axis == 0 && known[0] == .zeros(1) && known[1] == .tokens && known[2] == nil ? [.read] : nil
    case let op as ScatterND:
      guard op.combination == .add, Self.isExact(known[0]), known[1] == .indices, known[2] == .zeros(1) else {
        return nil
      }
      return [.read]
    case is AdamW:
      guard known.count > 10, known[10] == .tokens, known[1] == .zeros(1) else { return nil }
      return known.indices.allSatisfy { $0 == 10 || Self.isExact(known[$0]) }
        ? [Fact](repeating: .read, count: node.outputs.count) : nil
    default: return nil
    }
  }

  /// Rows by a matrix, and sums over rows of products of two.
  private func product(_ node: Node, _ known: [Fact?]) -> Fact? {
    switch node.op {
    case let op as FusedMatMul where op.transposeA:
      guard known[0] == .zeros(0) && known[1] == .rows(0) || known[0] == .rows(0) && known[1] == .zeros(0),
        !op.transposeB, shape(node, 0).rank == 2, shape(node, 1).rank == 2
      else { return nil }
      return .read
    case is FusedMatMul, is MatMul:
      guard Self.isExact(known[1]), Self.rowAxis(known[1]) == nil, shape(node, 1).rank == 2,
        let axis = Self.rowAxis(known[0]), axis < shape(node, 0).rank - 1
      else { return nil }
      return known[0]
    case let op as Linear:
      guard let axis = Self.zeroAxis(known[0]), axis < shape(node, 0).rank - 1, op.activation == .none, known[1] == nil,
        node.inputs.count < 3 || node.inputs[2] == nil, known.count < 4 || node.inputs[3] == nil || known[3] == known[0]
      else { return nil }
      return known[0]
    default: return nil
    }
  }

  /// What moves rows as wholes, or the batch with its places to one axis.
  private func movement(_ node: Node, _ known: [Fact?]) -> Fact? {
    guard let axis = Self.rowAxis(known[0]) else { return nil }
    func at(_ axis: Int) -> Fact { Self.zeroAxis(known[0]) == nil ? .rows(axis) : .zeros(axis) }
    let before = shape(node, 0)
    switch node.op {
    case let op as Split: return (op.axis < 0 ? op.axis + before.rank : op.axis) != axis ? at(axis) : nil
    case let op as Concat:
      guard known.allSatisfy({ Self.rowAxis($0) == axis }), (op.axis < 0 ? op.axis + before.rank : op.axis) != axis
      else { return nil }
      return known.allSatisfy { Self.zeroAxis($0) != nil } ? .zeros(axis) : .rows(axis)
    case let op as Transpose:
      guard axis > 0, let permutation = op.permutation, permutation[0] == 0 else { return nil }
      return permutation.firstIndex(of: axis).map(at)
    case is Reshape:
      guard let output = node.outputs[0] else { return nil }
      return reshaped(before, graph[output].type.shape, axis: axis).map(at)
    default: return nil
    }
  }

  /// Where the axis of places is behind a Reshape.
  private func reshaped(_ before: Shape, _ after: Shape, axis: Int) -> Int? {
    guard let batch = before.dimensions.first, after.rank > 0 else { return nil }
    if axis == 0 {
      if after[0] == before[0] { return 0 }
      return after.rank > 1 && after[1] == length && after[0] * after[1] == before[0] ? 1 : nil
    }
    if axis == 1 && after[0] == batch * before[1] { return 0 }
    func count(_ shape: Shape, upTo axis: Int) -> Dimension { shape.dimensions[..<axis].reduce(1, *) }
    return (1..<after.rank).first {
      after[0] == batch && after[$0] == before[axis] && count(after, upTo: $0) == count(before, upTo: axis)
    }
  }
}
