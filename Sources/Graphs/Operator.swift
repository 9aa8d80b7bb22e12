import Tensors

/// A kind of computation with its attributes: one file gives its five facets (spelling, types, meaning, gradient, kernel).
///
/// Conformers are values; two nodes compute the same if their operators and inputs are equal.
public protocol Operator: Hashable, Sendable {
  init()

  /// Spellings in ONNX, newest first. The first one names the operator everywhere in the code.
  static var onnx: [ONNXForm<Self>] { get }

  /// Types in → types out. Arity has been checked against the form before.
  func infer(_ x: Operands) throws(ShapeError) -> [TensorType]

  /// The elements of small integer outputs as polynomials, in row-major order, where they are known; nil elsewhere.
  func contents(_ x: Operands) -> [[Dimension]?]

  /// The operator in simpler ones, for composite operators; nil for primitive ones. Absent optional inputs are nil.
  func definition(_ inputs: [Tensor?]) -> [Tensor]?

  /// Gradients of the inputs (nil where there is none), as graph.
  func gradient(_ p: Pullback) -> [Tensor?]

  /// The kernel for concrete sizes. Called at planning time, once per node.
  func bind(_ site: CallSite) throws(ShapeError) -> Kernel
}

extension Operator {
  public func contents(_ x: Operands) -> [[Dimension]?] { [] }
  public func definition(_ inputs: [Tensor?]) -> [Tensor]? { nil }
  public func gradient(_ p: Pullback) -> [Tensor?] { p.gradientOfDefinition(self) }

  /// The operator's name: in ONNX, in the printed graph, and of the Swift type.
  public static var name: String { onnx.first?.name ?? String(describing: Self.self) }
  public var name: String { Self.name }

  /// The function domain of operators that the standard lacks.
  public static var isStandard: Bool { onnx.first.map { $0.domain.isEmpty && !$0.isReadOnly } ?? false }

  /// Whether two operators of any kind are the same with the same attributes.
  public func isSame(as other: any Operator) -> Bool {
    guard let other = other as? Self else { return false }
    return self == other
  }
}

/// What is known of a node's inputs while types are inferred.
public struct Operands: Sendable {
  public var types: [TensorType?]
  public var contents: [[Dimension]?]
  /// Outputs that the node has (absent optional outputs included).
  public var outputCount: Int
  /// What the inputs are called, for errors; empty where nobody says.
  public var names: [String?]

  public init(types: [TensorType?], contents: [[Dimension]?], outputCount: Int = 1, names: [String?] = []) {
    self.types = types
    self.contents = contents
    self.outputCount = outputCount
    self.names = names
  }

  public var count: Int { types.count }
  public func has(_ index: Int) -> Bool { index < types.count && types[index] != nil }

  /// The type of input `index`, which the form's arity guarantees to be there.
  public subscript(index: Int) -> TensorType {
    guard index < types.count, let type = types[index] else { preconditionFailure("input \(index) is absent") }
    return type
  }

  /// The elements of integer input `index`, or an error that says they depend on data.
  public func known(_ index: Int, _ what: String) throws(ShapeError) -> [Dimension] {
    guard index < contents.count, let values = contents[index] else {
      throw ShapeError("\(what) depends on data that is not known before running")
    }
    return values
  }

  /// The same, as numbers.
  public func knownNumbers(_ index: Int, _ what: String) throws(ShapeError) -> [Int] {
    var numbers: [Int] = []
    for value in try known(index, what) {
      guard let number = value.constant else { throw ShapeError("\(what) depends on a symbolic dimension: \(value)") }
      numbers.append(number)
    }
    return numbers
  }
}
