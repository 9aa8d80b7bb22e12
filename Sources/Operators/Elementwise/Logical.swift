import CKernels
import Graphs
import Tensors

/// Both a and b, with broadcasting.
public struct And: Operator {
  public init() {}

  public static let onnx = [ONNXForm<Self>("And", since: 7, inputs: 2)]

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] { try Logical.infer(x) }
  public func contents(_ x: Operands) -> [[Dimension]?] { x.elementwise { $0[0] * $0[1] } }
  public func gradient(_ p: Pullback) -> [Tensor?] { [nil, nil] }
  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel { try Logical.bind(CK_AND, site) }
}

/// a or b or both, with broadcasting.
public struct Or: Operator {
  public init() {}

  public static let onnx = [ONNXForm<Self>("Or", since: 7, inputs: 2)]

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] { try Logical.infer(x) }
  public func contents(_ x: Operands) -> [[Dimension]?] { x.elementwise { $0[0] + $0[1] - $0[0] * $0[1] } }
  public func gradient(_ p: Pullback) -> [Tensor?] { [nil, nil] }
  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel { try Logical.bind(CK_OR, site) }
}

/// Either a or b but not both, with broadcasting.
public struct Xor: Operator {
  public init() {}

  public static let onnx = [ONNXForm<Self>("Xor", since: 7, inputs: 2)]

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] { try Logical.infer(x) }
  public func contents(_ x: Operands) -> [[Dimension]?] { x.elementwise { $0[0] + $0[1] - $0[0] * $0[1] * 2 } }
  public func gradient(_ p: Pullback) -> [Tensor?] { [nil, nil] }
  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel { try Logical.bind(CK_XOR, site) }
}

/// The opposite of a Boolean.
public struct Not: Operator {
  public init() {}

  public static let onnx = [ONNXForm<Self>("Not", since: 1, inputs: 1)]

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] { try Logical.infer(x) }
  public func contents(_ x: Operands) -> [[Dimension]?] { x.elementwise { 1 - $0[0] } }
  public func gradient(_ p: Pullback) -> [Tensor?] { [nil] }

  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel {
    let count = Int64(site.output().count)
    return Kernel("ck_not", bytes: site.traffic, inPlace: site.overwritable([0])) { b in
      ck_not(b.output(), b.input(0), count)
    }
  }
}

private enum Logical {
  static func infer(_ x: Operands) throws(ShapeError) -> [TensorType] {
    for case let type? in x.types { try require(type.scalar == .bool, "operands must be bool, not \(type.scalar)") }
    return [TensorType(.bool, try x.broadcastShape())]
  }

  static func bind(_ op: ck_logical_op, _ site: CallSite) throws(ShapeError) -> Kernel {
    let plan = try site.broadcastPlan()
    return Kernel("ck_logical", bytes: site.traffic, inPlace: site.overwritable([0, 1])) { b in
      withUnsafePointer(to: plan) { ck_logical(op, b.output(), b.input(0), b.input(1), $0) }
    }
  }
}

extension Tensor {
  public func and(_ other: Tensor) -> Tensor { apply(And(), other) }
  public func or(_ other: Tensor) -> Tensor { apply(Or(), other) }
  public func not() -> Tensor { apply(Not()) }
}
