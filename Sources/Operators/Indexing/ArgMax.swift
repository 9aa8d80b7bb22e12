import CKernels
import Graphs
import Tensors

/// The position of the largest element along an axis, as int64: the first of equals, or the last.
public struct ArgMax: Operator {
  public var axis = 0
  public var keepDimensions = true
  public var last = false

  public init() {}
  public init(axis: Int, keepDimensions: Bool, last: Bool = false) {
    (self.axis, self.keepDimensions, self.last) = (axis, keepDimensions, last)
  }

  public static let onnx = [
    ONNXForm<Self>(
      "ArgMax", since: 12, inputs: 1,
      ["axis": .int(\.axis), "keepdims": .bool(\.keepDimensions), "select_last_index": .bool(\.last)]),
    ONNXForm<Self>(
      "ArgMax", since: 1, inputs: 1, ["axis": .int(\.axis), "keepdims": .bool(\.keepDimensions)]),
  ]

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] {
    var shape = x[0].shape
    let axis = try shape.axis(axis)
    try require(shape[axis] != 0, "axis \(axis) of \(shape) holds nothing to choose from")
    if keepDimensions { shape[axis] = 1 } else { shape.dimensions.remove(at: axis) }
    return [TensorType(.int64, shape)]
  }

  public func gradient(_ p: Pullback) -> [Tensor?] { [nil] }

  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel {
    let source = site.input(0)
    let axis = try Shape(source.sizes).axis(axis)
    let outer = Int64(source.sizes[..<axis].reduce(1, *))
    let inner = Int64(source.sizes[(axis + 1)...].reduce(1, *))
    let (count, bytes) = (Int64(source.sizes[axis]), site.traffic)
    switch source.scalar {
    case .float32:
      return Kernel("ck_argmax_f32", flops: source.count, bytes: bytes) { [last] b in
        ck_argmax_f32(b.output(), b.input(0), outer, count, inner, last)
      }
    case .int64:
      return Kernel("ck_argmax_i64", flops: source.count, bytes: bytes) { [last] b in
        ck_argmax_i64(b.output(), b.input(0), outer, count, inner, last)
      }
    case .int32:
      return Kernel("ck_argmax_i32", flops: source.count, bytes: bytes) { [last] b in
        ck_argmax_i32(b.output(), b.input(0), outer, count, inner, last)
      }
    default: return try site.widened(results: [], unsigned: .byOrder) { site throws(ShapeError) in try bind(site) }
    }
  }
}

extension Tensor {
  /// The position of the (first) largest element along `axis`, as int64.
  public func argmax(axis: Int, keepDimensions: Bool = false) -> Tensor {
    apply(ArgMax(axis: axis, keepDimensions: keepDimensions))
  }
}
