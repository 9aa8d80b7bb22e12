import Graphs
import Tensors

/// Einstein's sum over products: `ij,jk->ik` is the matrix product. Spaces do not matter, `...` stands for further axes,
/// which broadcast; without `->` the letters that occur once remain, in the alphabet's order.
public struct Einsum: Macro {
  public var equation = ""

  public init() {}
  public init(_ equation: String) { self.equation = equation }

  private static let text = AttributeCoding<Self>(
    encode: { .string($0.equation) },
    decode: { op, value throws(ShapeError) in
      guard case .string(let text) = value else { throw ShapeError("must be a string") }
      op.equation = text
    })

  public static let onnx = [
    ONNXForm<Self>("Einsum", since: 12, inputs: .variadic(from: 1), ["equation": text])
  ]

  public func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    let operands = inputs.compactMap { $0 }
    guard let builder = operands.first?.builder else { return nil }
    if let poisoned = operands.first(where: \.isPoisoned) { return [poisoned] }
    do throws(ShapeError) {
      let terms = try EinsumTerms(equation, ranks: operands.map(\.rank))
      var left = try Labelled(operands[0], terms.operands[0])
      left = left.reduced(to: terms.needed(after: 0))
      for index in operands.indices.dropFirst() {
        let right = try Labelled(operands[index], terms.operands[index]).reduced(
          to: terms.needed(after: index).union(left.labels))
        left = left.times(right, keeping: terms.needed(after: index))
      }
      let result = left.arranged(terms.result)
      return [result.id == operands[0].id ? result.identity() : result]
    } catch {
      builder.record(.shape, at: builder.path, "\"\(equation)\": \(error.message)")
      return nil
    }
  }
}

/// The labels of an equation's operands and of its result. Axes that an ellipsis stands for are labelled 0, 1, … from the
/// last one on.
private struct EinsumTerms {
  var operands: [[String]] = []
  var result: [String] = []

  init(_ equation: String, ranks: [Int]) throws(ShapeError) {
    let text = equation.filter { $0 != " " }
    let sides = text.split(separator: "->", omittingEmptySubsequences: false).map { String($0) }
    let terms = sides[0].split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    try require(sides.count <= 2, "has more than one arrow")
    try require(terms.count == ranks.count, "speaks of \(terms.count) operands, but there are \(ranks.count)")
    var extra = 0
    for (term, rank) in zip(terms, ranks) {
      let labels = try EinsumTerms.labels(term, rank: rank)
      operands.append(labels)
      extra = max(extra, labels.count { $0.first?.isNumber ?? false })
    }
    if sides.count == 2 {
      result = try EinsumTerms.labels(sides[1], ellipsis: extra)
    } else {
      let all = operands.flatMap { $0 }
      let once = Set(all.filter { label in !(label.first?.isNumber ?? false) && all.count { $0 == label } == 1 })
      result = (0..<extra).reversed().map { "\($0)" } + once.sorted()
    }
    try require(Set(result).count == result.count, "names an axis of the result twice")
    for label in result { try require(operands.contains { $0.contains(label) }, "makes \(label) of nothing") }
  }

  /// Labels that the result or an operand after `index` has.
  func needed(after index: Int) -> Set<String> { Set(result + operands[(index + 1)...].flatMap { $0 }) }

  private static func labels(_ term: String, rank: Int) throws(ShapeError) -> [String] {
    let letters = term.filter { $0 != "." }.count
    try require(term.contains("...") ? letters <= rank : letters == rank, "\(term) does not fit \(rank) axes")
    return try labels(term, ellipsis: rank - letters)
  }

  private static func labels(_ term: String, ellipsis: Int) throws(ShapeError) -> [String] {
    let parts = term.split(separator: "...", omittingEmptySubsequences: false).map { String($0) }
    try require(parts.count <= 2, "\(term) has more than one ellipsis")
    for part in parts { try require(part.allSatisfy { $0.isLetter && $0.isASCII }, "\(term) is no list of letters") }
    let further = parts.count == 2 ? (0..<ellipsis).reversed().map { "\($0)" } : []
    return parts[0].map { String($0) } + further + (parts.count == 2 ? parts[1].map { String($0) } : [])
  }
}

/// A tensor whose axes have different labels.
private struct Labelled {
  var tensor: Tensor
  var labels: [String]

  /// Axes of the same label become one: their diagonal.
  init(_ tensor: Tensor, _ given: [String]) throws(ShapeError) {
    (self.tensor, labels) = (tensor, given)
    while let label = labels.first(where: { label in labels.count { $0 == label } > 1 }) {
      let axes = labels.indices.filter { labels[$0] == label }
      let (first, second) = (axes[0], axes[1])
      let order = [first, second] + labels.indices.filter { $0 != first && $0 != second }
      let (builder, before) = (tensor.builder, labels)
      let moved = self.tensor.transposed(order)
      _ = try agreed(moved.shape[0], moved.shape[1], "\(label) names extents \(moved.shape[0]) and \(moved.shape[1])")
      let positions = builder.positions(moved.dimension(0)).unsqueezed([1])
      self.tensor = moved.gatherND(concatenated([positions, positions], axis: 1))
      labels = [label] + order.dropFirst(2).map { before[$0] }
    }
  }

  private init(tensor: Tensor, labels: [String]) { (self.tensor, self.labels) = (tensor, labels) }

  /// Summed over the axes that are not needed.
  func reduced(to needed: Set<String>) -> Labelled {
    let axes = labels.indices.filter { !needed.contains(labels[$0]) }
    if axes.isEmpty { return self }
    return Labelled(tensor: tensor.sum(axes), labels: labels.filter { needed.contains($0) })
  }

  /// Axes in the order of `order`, with 1 for those that are missing.
  func arranged(_ order: [String]) -> Tensor {
    let own = order.filter { labels.contains($0) }
    let permutation = own.compactMap { labels.firstIndex(of: $0) }
    let moved = permutation == Array(labels.indices) ? tensor : tensor.transposed(permutation)
    let missing = order.indices.filter { !labels.contains(order[$0]) }
    return missing.isEmpty ? moved : moved.unsqueezed(missing)
  }

  /// The product, summed over the common axes that are not needed any more: a matrix product with the axes that only one
  /// side has put together.
  func times(_ other: Labelled, keeping needed: Set<String>) -> Labelled {
    let common = labels.filter { other.labels.contains($0) }
    let summed = common.filter { !needed.contains($0) }
    let batch = common.filter { needed.contains($0) }
    let rows = labels.filter { !common.contains($0) }
    let columns = other.labels.filter { !common.contains($0) }
    guard !summed.isEmpty, tensor.scalar.isFloat else {
      let order = batch + rows + columns + summed
      let product = Labelled(tensor: arranged(order) * other.arranged(order), labels: order)
      return product.reduced(to: needed)
    }
    let left = merged(batch, rows, summed)
    let right = other.merged(batch, summed, columns)
    let product = left.matmul(right)
    var extents: [Dimension] = Array(product.shape.dimensions.prefix(batch.count))
    extents += rows.map { extent($0) }
    extents += columns.map { other.extent($0) }
    let shape = tensor.builder.shapeVector(extents, from: [product, tensor, other.tensor])
    return Labelled(tensor: product.reshaped(shape: shape), labels: batch + rows + columns)
  }

  private func extent(_ label: String) -> Dimension {
    labels.firstIndex(of: label).map { tensor.shape[$0] } ?? 1
  }

  /// [batch…, the first axes as one, the second axes as one].
  private func merged(_ batch: [String], _ first: [String], _ second: [String]) -> Tensor {
    let arranged = arranged(batch + first + second)
    var extents: [Dimension] = batch.map { extent($0) }
    for part in [first, second] { extents.append(part.map { extent($0) }.reduce(1, *)) }
    return arranged.shape == Shape(extents)
      ? arranged : arranged.reshaped(shape: tensor.builder.shapeVector(extents, from: [arranged]))
  }
}
