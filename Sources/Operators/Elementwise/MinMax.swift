import CKernels
import Graphs
import Tensors

/// The least of one or more operands, with broadcasting. NaN is handed on.
public struct Min: Operator {
  public init() {}

  public static let onnx = [ONNXForm<Self>("Min", since: 6, inputs: .variadic(from: 1))]

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] { try Arithmetic.infer(x) }

  public func contents(_ x: Operands) -> [[Dimension]?] { x.elementwise { Extremum.of($0) { $0 < $1 } } }

  public func gradient(_ p: Pullback) -> [Tensor?] { Extremum.gradient(p) }

  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel { try Arithmetic.bindChain(CK_MIN, site) }
}

/// The greatest of one or more operands, with broadcasting. NaN is handed on.
public struct Max: Operator {
  public init() {}

  public static let onnx = [ONNXForm<Self>("Max", since: 6, inputs: .variadic(from: 1))]

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] { try Arithmetic.infer(x) }

  public func contents(_ x: Operands) -> [[Dimension]?] { x.elementwise { Extremum.of($0) { $0 > $1 } } }

  public func gradient(_ p: Pullback) -> [Tensor?] { Extremum.gradient(p) }

  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel { try Arithmetic.bindChain(CK_MAX, site) }
}

private enum Extremum {
  /// The value that all others do not precede, where every difference is a number.
  static func of(_ values: [Dimension], _ precedes: (Int, Int) -> Bool) -> Dimension? {
    guard var best = values.first else { return nil }
    for value in values.dropFirst() {
      guard let difference = (value - best).constant else { return nil }
      if precedes(difference, 0) { best = value }
    }
    return best
  }

  /// The gradient goes to the operands that equal the result, in equal parts.
  static func gradient(_ p: Pullback) -> [Tensor?] {
    let y = p.output(0)
    let shares = p.inputs.indices.map { p.input($0).equal(to: y).cast(to: y.scalar) }
    guard let first = shares.first else { return [] }
    let part = p.seed / shares.dropFirst().reduce(first, +)
    return shares.indices.map { index in p.wanted(index) { (part * shares[index]).sum(like: p.input(index)) } }
  }
}

extension Tensor {
  public func minimum(_ other: Tensor) -> Tensor { apply(Min(), other) }
  public func maximum(_ other: Tensor) -> Tensor { apply(Max(), other) }
}
