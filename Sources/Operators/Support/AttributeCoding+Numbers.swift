import Graphs
import Tensors

extension AttributeCoding {
  /// One integer: a scalar, or, as some exporters write it, a vector of one number.
  static func oneInt(_ path: Path<Int>) -> Self {
    Self(
      encode: { .int($0[keyPath: path]) },
      decode: { op, value throws(ShapeError) in
        switch value {
        case .int(let number): op[keyPath: path] = number
        case .ints(let numbers) where numbers.count == 1: op[keyPath: path] = numbers[0]
        default: throw ShapeError("must be one integer")
        }
      })
  }

  /// Numbers of a constant floating-point tensor; nil where it is empty.
  static func numbers(_ path: Path<[Float]?>) -> Self {
    Self(
      encode: { $0[keyPath: path].map { .floats($0) } },
      decode: { op, value throws(ShapeError) in
        switch value {
        case .floats(let numbers): op[keyPath: path] = numbers
        case .tensor(let array):
          guard let numbers = array.doubles else { throw ShapeError("must be floats, not \(array.scalar)") }
          op[keyPath: path] = numbers.isEmpty ? nil : numbers.map { Float($0) }
        default: throw ShapeError("must be floats")
        }
      })
  }

  static func optionalScalarType(_ path: Path<ScalarType?>) -> Self {
    Self(
      encode: { $0[keyPath: path].map { .int($0.rawValue) } },
      decode: { op, value throws(ShapeError) in
        guard case .int(let code) = value, let type = ScalarType(rawValue: code) else {
          throw ShapeError("names no supported element type")
        }
        op[keyPath: path] = type
      })
  }

  /// An element type: what `coding` reads, or one of four bits and, by `coding`, that of the bytes that hold it.
  static func fourBit(_ path: Path<FourBitInteger?>, or coding: Self) -> Self {
    Self(
      encode: { op in op[keyPath: path].map { .int($0.rawValue) } ?? coding.encode(op) },
      decode: { op, value throws(ShapeError) in
        guard case .int(let code) = value, let type = FourBitInteger(rawValue: code) else {
          return try coding.decode(&op, value)
        }
        try coding.decode(&op, .int(type.holder.rawValue))
        op[keyPath: path] = type
      })
  }
}
