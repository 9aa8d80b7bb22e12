import Graphs
import Tensors

/// What a name stands for while a graph is imported. A constant becomes a value of the graph only when a node reads it
/// as a tensor: one that only gave an attribute leaves no trace.
final class Binding {
  /// Constants that training updates: their numbers say nothing about the next run.
  let isState: Bool
  let name: String
  let array: NDArray?
  /// The elements of a sequence, which is no value of the graph.
  let elements: [Binding]?
  /// Why nothing can read it, for a constant of a kind that is not supported.
  let refusal: String?
  var id: ValueID?
  /// Whether it gave an operator an attribute.
  var isConsumed = false

  init(value id: ValueID, name: String) {
    (self.id, self.name, array, isState, elements, refusal) = (id, name, nil, false, nil, nil)
  }

  init(constant array: NDArray, name: String, isState: Bool) {
    (self.array, self.name, self.isState, elements, refusal) = (array, name, isState, nil, nil)
  }

  init(elements: [Binding], name: String) {
    (self.elements, self.name, array, isState, refusal) = (elements, name, nil, false, nil)
  }

  init(refusal: String, name: String) {
    (self.refusal, self.name, array, isState, elements) = (refusal, name, nil, false, nil)
  }

  /// Whether it stands for a tensor.
  var isTensor: Bool { elements == nil && refusal == nil }
}

/// The names that a list of nodes sees, and the function call that it belongs to, if any.
struct Frame {
  var imports: [String: Int]
  var scope: [String: Binding] = [:]
  /// Attributes of the function call; nil outside of functions.
  var attributes: [String: AttributeValue]?
  /// Whether it belongs to a branch or a body: its names are made unique.
  var isInner = false
  /// Precedes the names of nodes and inner values.
  var prefix = ""
  /// Names that the caller gives to the function's outputs.
  var outputNames: [String: String] = [:]
  /// The functions around, outermost first.
  var stack: [ImportContext.FunctionKey] = []

  /// Binds a name; a second time is an error of the file.
  mutating func bind(_ name: String, _ binding: Binding, at place: String) throws(ONNXError) {
    guard scope.updateValue(binding, forKey: name) == nil else {
      throw ONNXError(.invalid, at: place, "the name \(name) is given to two values")
    }
  }
}
