import CKernels
import Graphs
import Tensors

/// What functions of one operand have in common.
enum Unary {
  static func infer(_ x: Operands) throws(ShapeError) -> [TensorType] {
    try require(x[0].scalar.isFloat, "x must be floating point, not \(x[0].scalar)")
    return [x[0]]
  }

  static func inferNumber(_ x: Operands) throws(ShapeError) -> [TensorType] {
    try require(x[0].scalar != .bool, "x must be numbers, not bool")
    return [x[0]]
  }

  static func bind(_ op: ck_unary_op, _ site: CallSite) throws(ShapeError) -> Kernel {
    let count = Int64(site.output().count)
    let (bytes, inPlace) = (site.traffic, site.overwritable([0]))
    switch site.output().scalar {
    case .float32:
      return Kernel("ck_unary_f32", flops: Int(count), bytes: bytes, inPlace: inPlace) { b in
        ck_unary_f32(op, b.output(), b.input(0), count)
      }
    case .int64 where isOfIntegers(op):
      return Kernel("ck_unary_i64", flops: Int(count), bytes: bytes, inPlace: inPlace) { b in
        ck_unary_i64(op, b.output(), b.input(0), count)
      }
    case .int32 where isOfIntegers(op):
      return Kernel("ck_unary_i32", flops: Int(count), bytes: bytes, inPlace: inPlace) { b in
        ck_unary_i32(op, b.output(), b.input(0), count)
      }
    case let other where other.isFloat || isOfIntegers(op):
      return try site.widened { site throws(ShapeError) in try bind(op, site) }
    case let other: throw unsupported(other)
    }
  }

  private static func isOfIntegers(_ op: ck_unary_op) -> Bool { [CK_NEG, CK_ABS, CK_SIGN, CK_RELU].contains(op) }
}
