import Tensors

/// How many inputs or outputs an operator takes.
public struct Arity: Hashable, Sendable, ExpressibleByIntegerLiteral {
  public var range: ClosedRange<Int>
  /// Positions inside the range that may still be left out (empty names in ONNX).
  public var optional: Set<Int>

  public init(_ range: ClosedRange<Int>, optional: Set<Int> = []) {
    self.range = range
    self.optional = optional
  }

  public init(integerLiteral value: Int) { self.init(value...value) }

  public static func variadic(from least: Int) -> Arity { Arity(least...(1 << 20)) }
}

/// One spelling of an operator in ONNX: its name, the opset since which it holds, arity, and attribute ↔ key path.
///
/// Arity counts the operator's own inputs. `constantInputs` are ONNX inputs that must be constant and live in the operator as
/// attributes (as `axes` from opset 13 on); they follow the operator's own inputs unless the position says otherwise.
public struct ONNXForm<Op: Operator>: Sendable {
  public var name: String
  public var domain: String
  public var since: Int
  public var inputs: Arity
  public var outputs: Arity
  public var attributes: [(name: String, coding: AttributeCoding<Op>)]
  public var constantInputs: [(position: Int, name: String, coding: AttributeCoding<Op>)]
  /// Whether files of others are read in this form, but none is written in it.
  public var isReadOnly: Bool

  public init(
    _ name: String, domain: String = "", since: Int, inputs: Arity, outputs: Arity = 1,
    _ attributes: KeyValuePairs<String, AttributeCoding<Op>> = [:],
    constantInputs: [(position: Int, name: String, coding: AttributeCoding<Op>)] = [], isReadOnly: Bool = false
  ) {
    self.name = name
    self.domain = domain
    self.since = since
    self.isReadOnly = isReadOnly
    self.inputs = inputs
    self.outputs = outputs
    self.attributes = attributes.map { ($0.key, $0.value) }
    self.constantInputs = constantInputs
  }
}

/// An `ONNXForm` without its operator's type: what readers, writers and the verifier use.
public struct AnyONNXForm: Sendable {
  public let name: String
  public let domain: String
  public let since: Int
  public let inputs: Arity
  public let outputs: Arity
  public let isReadOnly: Bool
  public let attributeNames: [String]
  /// ONNX input positions that become attributes, ascending.
  public let constantInputs: [(position: Int, name: String)]
  /// Makes the operator from attributes and the numbers of constant inputs (by position).
  public let decode:
    @Sendable ([(name: String, value: AttributeValue)], [Int: NDArray]) throws(ShapeError) -> any Operator
  /// The attributes and the constant inputs of an operator of this form's type.
  public let encode:
    @Sendable (any Operator) -> (attributes: [(String, AttributeValue)], constantInputs: [Int: AttributeValue])

  public init<Op: Operator>(_ form: ONNXForm<Op>) {
    name = form.name
    domain = form.domain
    since = form.since
    inputs = form.inputs
    outputs = form.outputs
    isReadOnly = form.isReadOnly
    attributeNames = form.attributes.map(\.name)
    constantInputs = form.constantInputs.map { ($0.position, $0.name) }.sorted { $0.0 < $1.0 }
    decode = { attributes, constants throws(ShapeError) in
      var op = Op()
      for (name, value) in attributes {
        guard let coding = form.attributes.first(where: { $0.name == name })?.coding else {
          throw ShapeError("\(form.name) has no attribute \(name) since opset \(form.since)")
        }
        do throws(ShapeError) { try coding.decode(&op, value) } catch {
          throw ShapeError("attribute \(name) \(error.message)")
        }
      }
      for input in form.constantInputs {
        guard let array = constants[input.position] else { continue }
        do throws(ShapeError) { try input.coding.decode(&op, AnyONNXForm.value(of: array)) } catch {
          // One number may stand for a vector of one.
          guard case .int(let number) = AnyONNXForm.value(of: array),
            (try? input.coding.decode(&op, .ints([number]))) != nil
          else { throw ShapeError("input \(input.name) \(error.message)") }
        }
      }
      return op
    }
    encode = { op in
      guard let op = op as? Op else { return ([], [:]) }
      var constants: [Int: AttributeValue] = [:]
      for input in form.constantInputs { constants[input.position] = input.coding.encode(op) }
      return (form.attributes.compactMap { name, coding in coding.encode(op).map { (name, $0) } }, constants)
    }
  }

  /// Integers stay integers, everything else is a tensor.
  private static func value(of array: NDArray) -> AttributeValue {
    guard let integers = array.integers else { return .tensor(array) }
    return array.sizes.isEmpty ? .int(integers[0]) : .ints(integers)
  }
}

extension Operator {
  /// The newest spelling.
  public var primaryForm: AnyONNXForm { Self.anyForms[0] }
  public static var anyForms: [AnyONNXForm] {
    let forms = onnx.map { AnyONNXForm($0) }
    precondition(!forms.isEmpty, "\(Self.self) has no ONNX form")
    return forms
  }
}

extension Operator {
  /// What is wrong with these counts of inputs and outputs, if anything.
  static func arityComplaint(inputs present: [Bool], outputs count: Int) -> String? {
    guard let form = onnx.first else { return "has no ONNX form" }
    let (inputs, outputs) = (form.inputs, form.outputs)
    if present.count > inputs.range.upperBound {
      return "takes at most \(inputs.range.upperBound) inputs, not \(present.count)"
    }
    for position in 0..<inputs.range.lowerBound where !inputs.optional.contains(position) {
      if position >= present.count || !present[position] { return "lacks input \(position)" }
    }
    if count > outputs.range.upperBound { return "has at most \(outputs.range.upperBound) outputs, not \(count)" }
    if count < outputs.range.lowerBound { return "has at least \(outputs.range.lowerBound) outputs, not \(count)" }
    return nil
  }
}
