import CKernels
import Graphs
import Tensors

/// start, start + delta, … before limit. All three are scalars of one type; floating-point ones must be known whole numbers.
public struct RangeOf: Elaborated {
  public init() {}

  public static let onnx = [
    ONNXForm<Self>("Range", since: 27, inputs: 3, ["stash_type": .fixed(.int(1))]),
    ONNXForm<Self>("Range", since: 11, inputs: 3),
  ]

  private func bounds(_ x: Operands) throws(ShapeError) -> (start: Dimension, delta: Int, count: Dimension) {
    var values: [Dimension] = []
    for index in 0..<3 {
      let contents = try x.known(index, "the range")
      try require(contents.count == 1, "start, limit and delta must be scalars")
      values += contents
    }
    guard let delta = values[2].constant, delta != 0, delta != .min else {
      throw ShapeError("the step of a range must be a number other than 0, not \(values[2])")
    }
    let distance = delta > 0 ? values[1] - values[0] : values[0] - values[1]
    let count = (distance + Dimension(abs(delta) - 1)).floorDivided(by: Dimension(abs(delta)))
    return (values[0], delta, count.constant.map { Dimension(max($0, 0)) } ?? count)
  }

  /// Numbers that are not whole, or of a type whose whole numbers are not followed, must be known while the graph is read.
  public func elaboration(_ inputs: [Tensor?], outputs: Int) -> [Tensor]? {
    guard inputs.count == 3, let start = inputs[0], start.scalar.isFloat else { return nil }
    let numbers = inputs.compactMap { $0?.evaluated?.doubles?.first }
    guard numbers.count == 3, numbers[2] != 0, numbers.allSatisfy(\.isFinite),
      start.scalar != .float32 || numbers.contains(where: { $0 != $0.rounded() })
    else { return nil }
    let count = ((numbers[1] - numbers[0]) / numbers[2]).rounded(.up)
    guard count < 0x1p24 else { return nil }
    let values = (0..<max(Int(count), 0)).map { Float(numbers[0] + Double($0) * numbers[2]) }
    return [start.builder.constant(NDArray(values, [values.count])).cast(to: start.scalar)]
  }

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] {
    try x.requireOneScalar()
    try require(x[0].scalar != .bool, "ranges are of numbers, not of bool")
    return [TensorType(x[0].scalar, [try bounds(x).count])]
  }

  public func contents(_ x: Operands) -> [[Dimension]?] {
    guard let range = try? bounds(x), let count = range.count.constant, count <= Operands.contentsLimit else {
      return [nil]
    }
    return [(0..<count).map { range.start + Dimension($0) * Dimension(range.delta) }]
  }

  public func gradient(_ p: Pullback) -> [Tensor?] { [nil, nil, nil] }

  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel {
    let out = site.output()
    let count = Int64(out.count)
    switch out.scalar {
    case .int64:
      return Kernel("ck_range_i64", bytes: out.byteCount) { b in
        guard let start = b.input(0, as: Int64.self), let delta = b.input(2, as: Int64.self) else { return }
        ck_range_i64(b.output(), count, start.pointee, delta.pointee)
      }
    case .int32:
      return Kernel("ck_range_i32", bytes: out.byteCount) { b in
        guard let start = b.input(0, as: Int32.self), let delta = b.input(2, as: Int32.self) else { return }
        ck_range_i32(b.output(), count, start.pointee, delta.pointee)
      }
    case .float32:
      return Kernel("ck_range_f32", bytes: out.byteCount) { b in
        guard let start = b.input(0, as: Float.self), let delta = b.input(2, as: Float.self) else { return }
        ck_range_f32(b.output(), count, start.pointee, delta.pointee)
      }
    default: return try site.widened(unsigned: .asSigned) { site throws(ShapeError) in try bind(site) }
    }
  }
}

extension GraphBuilder {
  /// start, start + delta, … before limit; all are integer scalars.
  public func range(_ start: Tensor, _ limit: Tensor, _ delta: Tensor) -> Tensor {
    apply(RangeOf(), [start, limit, delta])
  }
}

extension Tensor {
  /// 0 … N−1, int64 [N], for a tensor of N rows.
  public var rowNumbers: Tensor {
    let (zero, one) = (builder.constant(NDArray(Int64(0))), builder.constant(NDArray(Int64(1))))
    return builder.range(zero, dimension(0).squeezed([0]), one)
  }
}
