import Tensors

/// The identity of a value inside one graph.
public struct ValueID: Hashable, Sendable, Comparable {
  public let index: Int
  public init(_ index: Int) { self.index = index }
  public static func < (a: Self, b: Self) -> Bool { a.index < b.index }
}

/// A named tensor inside a graph.
public struct Value: Sendable {
  public var name: String
  public var type: TensorType
  /// The elements of a small integer tensor as polynomials, row-major, where they are known.
  public var contents: [Dimension]?
  /// Known while a file is read: what the elements are where they are bytes that hold integers of four bits.
  public var fourBit: FourBitInteger?

  public init(
    name: String, type: TensorType, contents: [Dimension]? = nil, fourBit: FourBitInteger? = nil
  ) {
    self.name = name
    self.type = type
    self.contents = contents
    self.fourBit = fourBit
  }
}

/// One application of an operator. nil stands for an absent optional input or output.
public struct Node: Sendable {
  /// The module path, as `visual/transformer/resblocks.0/attn/MatMul`.
  public var name: String
  public var op: any Operator
  public var inputs: [ValueID?]
  public var outputs: [ValueID?]

  public init(name: String, op: any Operator, inputs: [ValueID?], outputs: [ValueID?]) {
    self.name = name
    self.op = op
    self.inputs = inputs
    self.outputs = outputs
  }
}

/// Typed nodes over named values; dimensions may be symbols.
///
/// `GraphBuilder` makes graphs, `verify` checks them. Nodes are in topological order. A constant is a value with numbers
/// (an initializer in ONNX); a state is a constant that `updates` replaces after every run.
public struct Graph: Sendable {
  /// A result and the name under which a caller asks for it.
  public struct Output: Hashable, Sendable {
    public var name: String
    public var value: ValueID
    public init(name: String, value: ValueID) {
      self.name = name
      self.value = value
    }
  }

  /// After a run, `state` takes the numbers of `value`; all updates happen at once.
  public struct Update: Hashable, Sendable {
    public var state: ValueID
    public var value: ValueID
    public init(state: ValueID, value: ValueID) {
      self.state = state
      self.value = value
    }
  }

  public var name: String
  public var values: [Value] = []
  public var nodes: [Node] = []
  public var inputs: [ValueID] = []
  public var outputs: [Output] = []
  public var constants: [ValueID: NDArray] = [:]
  public var updates: [Update] = []
  /// Names of constants that stand in for inputs: `overriding` makes them inputs.
  public var defaults: Set<String> = []

  public init(name: String = "graph") { self.name = name }

  public subscript(id: ValueID) -> Value {
    get { values[id.index] }
    set { values[id.index] = newValue }
  }

  /// Adds a value without a producer yet.
  public mutating func addValue(_ value: Value) -> ValueID {
    values.append(value)
    return ValueID(values.count - 1)
  }

  public var states: Set<ValueID> { Set(updates.map(\.state)) }

  /// The numbers of a value that no run changes.
  public func fixedNumbers(_ id: ValueID) -> NDArray? {
    updates.contains { $0.state == id } ? nil : constants[id]
  }

  /// Value that bears `name`, among inputs, constants and node outputs.
  public func value(named name: String) -> ValueID? {
    values.indices.first { values[$0].name == name }.map { ValueID($0) }
  }

  /// Everything that must survive a pass.
  public var roots: [ValueID] { outputs.map(\.value) + updates.map(\.value) }

  /// Index of the node that makes each value.
  public var producers: [ValueID: Int] {
    var producers: [ValueID: Int] = [:]
    for (index, node) in nodes.enumerated() {
      for case let output? in node.outputs { producers[output] = index }
    }
    return producers
  }

  /// Indices of the nodes that read each value, once per reading input.
  public var users: [ValueID: [Int]] {
    var users: [ValueID: [Int]] = [:]
    for (index, node) in nodes.enumerated() {
      for case let input? in node.inputs { users[input, default: []].append(index) }
    }
    return users
  }

  /// Symbols of all inputs' shapes.
  public var symbols: Set<String> { inputs.reduce(into: []) { $0.formUnion(self[$1].type.shape.symbols) } }
}
