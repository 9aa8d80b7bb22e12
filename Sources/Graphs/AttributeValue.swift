import Tensors

/// An attribute as ONNX writes it.
public enum AttributeValue: Hashable, Sendable {
  case int(Int)
  case ints([Int])
  case float(Float)
  case floats([Float])
  case string(String)
  case strings([String])
  case tensor(NDArray)
  case graph(Subgraph)

  var kind: String {
    switch self {
    case .int: "an integer"
    case .ints: "integers"
    case .float: "a float"
    case .floats: "floats"
    case .string: "a string"
    case .strings: "strings"
    case .tensor: "a tensor"
    case .graph: "a graph"
    }
  }
}

/// How one attribute of an operator is spelt: reads it from, and writes it to, the ONNX form.
public struct AttributeCoding<Op: Operator>: Sendable {
  /// nil leaves the attribute out.
  public var encode: @Sendable (Op) -> AttributeValue?
  public var decode: @Sendable (inout Op, AttributeValue) throws(ShapeError) -> Void

  public init(
    encode: @escaping @Sendable (Op) -> AttributeValue?,
    decode: @escaping @Sendable (inout Op, AttributeValue) throws(ShapeError) -> Void
  ) {
    self.encode = encode
    self.decode = decode
  }

  public typealias Path<T> = WritableKeyPath<Op, T> & Sendable

  private static func mismatch(_ value: AttributeValue, _ wanted: String) -> ShapeError {
    ShapeError("must be \(wanted), not \(value.kind)")
  }

  public static func int(_ path: Path<Int>) -> Self {
    Self(
      encode: { .int($0[keyPath: path]) },
      decode: { op, value throws(ShapeError) in
        guard case .int(let number) = value else { throw mismatch(value, "an integer") }
        op[keyPath: path] = number
      })
  }

  public static func optionalInt(_ path: Path<Int?>) -> Self {
    Self(
      encode: { $0[keyPath: path].map { .int($0) } },
      decode: { op, value throws(ShapeError) in
        guard case .int(let number) = value else { throw mismatch(value, "an integer") }
        op[keyPath: path] = number
      })
  }

  public static func bool(_ path: Path<Bool>) -> Self {
    Self(
      encode: { .int($0[keyPath: path] ? 1 : 0) },
      decode: { op, value throws(ShapeError) in
        guard case .int(let number) = value else { throw mismatch(value, "an integer") }
        op[keyPath: path] = number != 0
      })
  }

  public static func ints(_ path: Path<[Int]>) -> Self {
    Self(
      encode: { .ints($0[keyPath: path]) },
      decode: { op, value throws(ShapeError) in
        guard case .ints(let numbers) = value else { throw mismatch(value, "integers") }
        op[keyPath: path] = numbers
      })
  }

  /// Integers that are not written where they are what their absence means.
  public static func ints(_ path: Path<[Int]>, omitting standard: [Int]) -> Self {
    let coding = ints(path)
    return Self(
      encode: { $0[keyPath: path] == standard ? nil : .ints($0[keyPath: path]) },
      decode: { op, value throws(ShapeError) in try coding.decode(&op, value) })
  }

  public static func optionalInts(_ path: Path<[Int]?>) -> Self {
    Self(
      encode: { $0[keyPath: path].map { .ints($0) } },
      decode: { op, value throws(ShapeError) in
        guard case .ints(let numbers) = value else { throw mismatch(value, "integers") }
        op[keyPath: path] = numbers
      })
  }

  public static func float(_ path: Path<Float>) -> Self {
    Self(
      encode: { .float($0[keyPath: path]) },
      decode: { op, value throws(ShapeError) in
        guard case .float(let number) = value else { throw mismatch(value, "a float") }
        op[keyPath: path] = number
      })
  }

  public static func optionalFloat(_ path: Path<Float?>) -> Self {
    Self(
      encode: { $0[keyPath: path].map { .float($0) } },
      decode: { op, value throws(ShapeError) in
        guard case .float(let number) = value else { throw mismatch(value, "a float") }
        op[keyPath: path] = number
      })
  }

  public static func optionalFloats(_ path: Path<[Float]?>) -> Self {
    Self(
      encode: { $0[keyPath: path].map { .floats($0) } },
      decode: { op, value throws(ShapeError) in
        guard case .floats(let numbers) = value else { throw mismatch(value, "floats") }
        op[keyPath: path] = numbers
      })
  }

  public static func tensor(_ path: Path<NDArray?>) -> Self {
    Self(
      encode: { $0[keyPath: path].map { .tensor($0) } },
      decode: { op, value throws(ShapeError) in
        guard case .tensor(let array) = value else { throw mismatch(value, "a tensor") }
        op[keyPath: path] = array
      })
  }

  public static func graph(_ path: Path<Subgraph?>) -> Self {
    Self(
      encode: { $0[keyPath: path].map { .graph($0) } },
      decode: { op, value throws(ShapeError) in
        guard case .graph(let graph) = value else { throw mismatch(value, "a graph") }
        op[keyPath: path] = graph
      })
  }

  public static func scalarType(_ path: Path<ScalarType>) -> Self {
    Self(
      encode: { .int($0[keyPath: path].rawValue) },
      decode: { op, value throws(ShapeError) in
        guard case .int(let code) = value else { throw mismatch(value, "an integer") }
        guard let type = ScalarType(rawValue: code) else {
          throw ShapeError("names no supported element type: \(code)")
        }
        op[keyPath: path] = type
      })
  }

  /// A string that must be one of an enumeration's.
  public static func name<E: RawRepresentable & Sendable>(_ path: Path<E>) -> Self where E.RawValue == String {
    Self(
      encode: { .string($0[keyPath: path].rawValue) },
      decode: { op, value throws(ShapeError) in
        guard case .string(let text) = value else { throw mismatch(value, "a string") }
        guard let known = E(rawValue: text) else { throw ShapeError("has an unknown value: \(text)") }
        op[keyPath: path] = known
      })
  }

  /// An attribute that must have this one value: another is refused, never ignored.
  public static func fixed(_ only: AttributeValue) -> Self {
    Self(
      encode: { _ in nil },
      decode: { _, value throws(ShapeError) in
        guard value == only else { throw ShapeError("is supported only as \(only), not \(value)") }
      })
  }
}
