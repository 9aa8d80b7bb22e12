import Graphs
import Operators
import Tensors

/// The nodes of a training step that its outputs need, and what is known of them.
struct ForwardPart {
  let graph: Graph
  /// By node.
  private let isForward: [Bool]
  private let producers: [ValueID: Int]
  /// By forward value: the forward nodes that read it.
  let readers: [ValueID: [Int]]
  /// Forward values that backward nodes read.
  let needed: Set<ValueID>
  /// Bytes of the largest forward value.
  private var largest = 0

  init(of graph: Graph) {
    let producers = graph.producers
    var isForward = [Bool](repeating: false, count: graph.nodes.count)
    var pending = graph.outputs.map(\.value)
    while let value = pending.popLast() {
      guard let index = producers[value], !isForward[index] else { continue }
      isForward[index] = true
      pending += graph.nodes[index].inputs.compactMap { $0 }
    }
    var readers: [ValueID: [Int]] = [:]
    var needed: Set<ValueID> = []
    for (index, node) in graph.nodes.enumerated() {
      for case let input? in Set(node.inputs) {
        guard let producer = producers[input], isForward[producer] else { continue }
        if isForward[index] { readers[input, default: []].append(index) } else { needed.insert(input) }
      }
    }
    (self.graph, self.isForward, self.producers, self.readers, self.needed) =
      (graph, isForward, producers, readers, needed)
    largest = graph.nodes.indices.filter { isForward[$0] }.flatMap { graph.nodes[$0].outputs }
      .reduce(0) { max($0, $1.map(byteCount) ?? 0) }
  }

  func contains(node index: Int) -> Bool { isForward[index] }

  /// The forward node that makes a value.
  func producer(of value: ValueID) -> Int? { producers[value].flatMap { isForward[$0] ? $0 : nil } }

  func byteCount(_ value: ValueID) -> Int {
    let type = graph[value].type
    guard let sizes = type.shape.sizes else { return 0 }
    return (try? NDArray.byteCount(type.scalar, sizes)) ?? 0
  }

  /// Whether keeping a value costs next to nothing.
  func isSmall(_ value: ValueID) -> Bool { byteCount(value) < largest / 64 || !graph[value].type.scalar.isFloat }

  /// Where a product has an activation at its end and gives what that was applied to: the activation by itself, and there.
  func activation(of value: ValueID) -> (op: any Operator, source: ValueID)? {
    guard let index = producer(of: value), let linear = graph.nodes[index].op as? Linear,
      let op = linear.activation.asOperator, case let node = graph.nodes[index], node.outputs.count == 2,
      node.outputs[0] == value, let source = node.outputs[1], node.inputs.count < 4 || node.inputs[3] == nil
    else { return nil }
    return (op, source)
  }

  /// Whether the operator gives the same when it runs again.
  static func isRepeatable(_ op: any Operator) -> Bool {
    !(op is If || op is Loop || op is RandomNormal || op is RandomUniform || op is Dropout)
  }
}

extension Activation {
  /// The activation as an operator of its own; nil for none.
  var asOperator: (any Operator)? {
    switch self {
    case .none: nil
    case .gelu: Gelu()
    case .geluTanh: Gelu(approximate: .tanh)
    case .quickGelu: QuickGelu()
    case .relu: Relu()
    }
  }
}
