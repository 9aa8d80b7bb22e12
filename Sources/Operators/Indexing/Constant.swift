import Graphs
import Tensors

/// Numbers that are part of the graph's text. Builders make initializers instead; this is for graphs that are read.
public struct Constant: Operator {
  public var value: NDArray?

  public init() {}
  public init(_ value: NDArray) { self.value = value }

  public static let onnx = [
    ONNXForm<Self>(
      "Constant", since: 1, inputs: 0,
      [
        "value": .tensor(\.value), "value_float": number, "value_floats": number, "value_int": number,
        "value_ints": number,
      ])
  ]

  /// The short spellings are read into `value`, which is what is written.
  private static let number = AttributeCoding<Self>(
    encode: { _ in nil },
    decode: { op, value throws(ShapeError) in
      switch value {
      case .float(let number): op.value = NDArray(number)
      case .floats(let numbers): op.value = NDArray(numbers, [numbers.count])
      case .int(let number): op.value = NDArray(Int64(number))
      case .ints(let numbers): op.value = NDArray(numbers.map { Int64($0) }, [numbers.count])
      default: throw ShapeError("must be numbers")
      }
    })

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] {
    guard let value else { throw ShapeError("has no value") }
    return [value.type]
  }

  public func contents(_ x: Operands) -> [[Dimension]?] { [value.flatMap { GraphBuilder.contents(of: $0) }] }

  public func gradient(_ p: Pullback) -> [Tensor?] { [] }

  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel {
    guard let value else { throw ShapeError("has no value") }
    return Kernel("copy", bytes: 2 * value.byteCount) { b in
      b.rawOutput()?.copyMemory(from: value.address, byteCount: value.byteCount)
    }
  }
}
