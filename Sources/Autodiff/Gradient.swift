import Graphs
import Operators
import Tensors

/// ONNX's Gradient: the derivatives of the tensor that a graph calls `y` with respect to those that it calls `xs`. Tensors
/// named by `zs` are what else y is a function of; nothing before `xs` and `zs` takes part.
///
/// Inputs: the values of `xs`, then of `zs`, at which the derivative is taken: the tensors themselves, or others of the same
/// type. Outputs: a gradient for each of `xs`, of its type. A y of several elements counts as their sum.
public struct Gradient: Elaborated {
  public var xs: [String] = []
  public var zs: [String] = []
  public var y = ""

  public init() {}

  public static let onnx = [
    ONNXForm<Self>(
      "Gradient", domain: "ai.onnx.preview.training", since: 1, inputs: .variadic(from: 1),
      outputs: .variadic(from: 1), ["xs": .texts(\.xs), "zs": .texts(\.zs), "y": .text(\.y)], isReadOnly: true)
  ]

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] {
    throw ShapeError("Gradient stands for derivatives of a file's graph")
  }

  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel {
    throw ShapeError("Gradient stands for derivatives of a file's graph")
  }

  public func elaboration(_ inputs: [Tensor?], outputs: Int) -> [Tensor]? {
    guard let builder = inputs.lazy.compactMap({ $0 }).first?.builder else { return nil }
    let points = inputs.compactMap { $0 }
    let found = (xs + zs + [y]).map { (name: $0, id: builder.graph.value(named: $0)) }
    if let missing = found.first(where: { $0.id == nil }) {
      builder.record(.unknownName, at: builder.path, "\(missing.name) is no tensor before the Gradient")
      return nil
    }
    let named = found.compactMap(\.id)
    guard points.count == inputs.count, points.count == xs.count + zs.count, let target = named.last else {
      builder.record(.arity, at: builder.path, "Gradient has \(inputs.count) inputs for \(xs) and \(zs)")
      return nil
    }
    var given: [ValueID: Tensor] = [:]
    for (id, point) in zip(named, points) {
      guard builder.graph[id].type == point.type else {
        builder.record(.type, at: builder.path, "\(builder.graph[id].name) is given as \(point.type)")
        return nil
      }
      given[id] = point
    }
    let function = Section(of: builder.graph, from: Set(given.keys), to: target)
    let (nodes, end) = function.replayed(by: builder, given, target)
    guard let endID = end.id, end.scalar.isFloat else {
      builder.record(.type, at: builder.path, "\(y) is \(end.type), which has no gradient")
      return nil
    }
    let wanted = points.prefix(xs.count)
    let reverse = ReverseMode(builder: builder, nodes: nodes)
    let gradients = reverse.run(seeds: [endID: end.filled(with: 1)], wanted: Set(wanted.compactMap(\.id)))
    return wanted.map { x in x.id.flatMap { gradients[$0] } ?? x.filled(with: 0) }
  }
}

/// The nodes of a graph between some values and another one.
private struct Section {
  /// In order.
  let nodes: [Node]

  init(of graph: Graph, from sources: Set<ValueID>, to target: ValueID) {
    let producers = graph.producers
    var (pending, seen, indices) = ([target], sources, Set<Int>())
    while let id = pending.popLast() {
      guard seen.insert(id).inserted, let index = producers[id] else { continue }
      indices.insert(index)
      pending += graph.nodes[index].inputs.compactMap { $0 }
    }
    nodes = indices.sorted().map { graph.nodes[$0] }
  }

  /// The nodes as they stand where the given tensors are the section's own, otherwise again on those given, and what
  /// becomes of `target`.
  func replayed(
    by builder: GraphBuilder, _ given: [ValueID: Tensor], _ target: ValueID
  ) -> (nodes: [Node], target: Tensor) {
    if given.allSatisfy({ $0.value.id == $0.key }) { return (nodes, Tensor(builder, target)) }
    var values = given
    let first = builder.graph.nodes.count
    for node in nodes {
      let inputs = node.inputs.map { id in id.map { values[$0] ?? Tensor(builder, $0) } }
      let results = builder.apply(node.op, inputs, outputs: node.outputs.count)
      for case (let id?, let result) in zip(node.outputs, results) { values[id] = result }
    }
    return (Array(builder.graph.nodes[first...]), values[target] ?? Tensor(builder, target))
  }
}

extension Tensor {
  /// One number in this tensor's type.
  fileprivate func filled(with number: Float) -> Tensor {
    let one = builder.constant(number).cast(to: scalar)
    return rank == 0 ? one : one.expanded(to: shape.dimensions, like: self)
  }
}

extension AttributeCoding {
  fileprivate static func texts(_ path: Path<[String]>) -> Self {
    Self(
      encode: { .strings($0[keyPath: path]) },
      decode: { op, value throws(ShapeError) in
        guard case .strings(let texts) = value else { throw ShapeError("must be strings") }
        op[keyPath: path] = texts
      })
  }

  fileprivate static func text(_ path: Path<String>) -> Self {
    Self(
      encode: { .string($0[keyPath: path]) },
      decode: { op, value throws(ShapeError) in
        guard case .string(let text) = value else { throw ShapeError("must be a string") }
        op[keyPath: path] = text
      })
  }
}
