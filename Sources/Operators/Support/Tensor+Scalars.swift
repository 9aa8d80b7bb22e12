import Graphs
import Tensors

extension GraphBuilder {
  /// A constant scalar of the given element type.
  func scalar(_ value: Float, _ type: ScalarType) -> Tensor {
    switch type {
    case .float64: constant(NDArray(Double(value)))
    case .int64: constant(NDArray(Int64(exactly: value.rounded(.towardZero)) ?? 0))
    case .int32: constant(NDArray(Int32(exactly: value.rounded(.towardZero)) ?? 0))
    case .bool: constant(NDArray(value != 0))
    case .float16, .bfloat16: constant(NDArray(value)).cast(to: type)
    case .float32: constant(NDArray(value))
    default: constant(NDArray(Int64(exactly: value.rounded(.towardZero)) ?? 0)).cast(to: type)
    }
  }
}

extension Tensor {
  /// A constant scalar of this tensor's element type.
  func scalar(_ value: Float) -> Tensor { builder.scalar(value, scalar) }

  func apply(_ op: some Operator, _ others: Tensor?...) -> Tensor { builder.apply(op, [self] + others) }
}

extension Pullback {
  var builder: GraphBuilder { inputs.lazy.compactMap { $0 }.first?.builder ?? seed.builder }

  /// `make()` where input `index` needs a gradient, else nil.
  func wanted(_ index: Int, _ make: () -> Tensor) -> Tensor? { wants(index) ? make() : nil }
}
