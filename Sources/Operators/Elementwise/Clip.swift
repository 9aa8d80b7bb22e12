import CKernels
import Graphs
import Tensors

/// min(max(x, low), high). The bounds are optional scalars. NaN stays NaN.
///
/// Before opset 11 the bounds are attributes: `definition` turns those into inputs.
public struct Clip: Operator {
  public var low: Float?
  public var high: Float?

  public init() {}
  public init(low: Float?, high: Float?) { (self.low, self.high) = (low, high) }

  public static let onnx = [
    ONNXForm<Self>("Clip", since: 11, inputs: Arity(1...3)),
    ONNXForm<Self>(
      "Clip", since: 6, inputs: 1, ["min": .optionalFloat(\.low), "max": .optionalFloat(\.high)]),
  ]

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] {
    for index in 1..<3 where x.has(index) {
      try require(x[index].scalar == x[0].scalar, "x is \(x[0].scalar), but a bound is \(x[index].scalar)")
      try require(x[index].shape.elementCount == 1, "a bound must be a scalar, not \(x[index].shape)")
      try require(low == nil && high == nil, "bounds are given twice, as attributes and as inputs")
    }
    return [x[0]]
  }

  public func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    guard low != nil || high != nil, let x = inputs.first, let x else { return nil }
    return [x.clipped(min: low.map { x.scalar($0) }, max: high.map { x.scalar($0) })]
  }

  public func gradient(_ p: Pullback) -> [Tensor?] {
    let (x, zero) = (p.input(0), p.seed.scalar(0))
    let least = p.inputs.count > 1 ? p.inputs[1] : low.map { x.scalar($0) }
    let greatest = p.inputs.count > 2 ? p.inputs[2] : high.map { x.scalar($0) }
    let inside = [least.map { x.greaterOrEqual(to: $0) }, greatest.map { x.lessOrEqual(to: $0) }].compactMap { $0 }
    let dx = p.wanted(0) {
      inside.first.map { (inside.count > 1 ? $0.and(inside[1]) : $0).select(p.seed, zero) } ?? p.seed
    }
    let dLow = least.flatMap { bound in
      p.wanted(1) {
        let below = greatest.map { x.less(than: bound).and(bound.lessOrEqual(to: $0)) } ?? x.less(than: bound)
        return below.select(p.seed, zero).sum(like: bound)
      }
    }
    let dHigh = greatest.flatMap { bound in
      p.wanted(2) {
        let raised = least.map { x.maximum($0) } ?? x
        return raised.greater(than: bound).select(p.seed, zero).sum(like: bound)
      }
    }
    return Array([dx, dLow, dHigh].prefix(p.inputs.count))
  }

  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel {
    let count = Int64(site.output().count)
    let (bytes, inPlace) = (site.traffic, site.overwritable([0]))
    let low = low ?? -.infinity
    let high = high ?? .infinity
    switch site.output().scalar {
    case .float32:
      return Kernel("ck_clip_f32", flops: Int(count), bytes: bytes, inPlace: inPlace) { b in
        let least = b.input(1, as: Float.self)?.pointee ?? low
        ck_clip_f32(b.output(), b.input(0), count, least, b.input(2, as: Float.self)?.pointee ?? high)
      }
    case .int64 where !low.isFinite && !high.isFinite:
      return Kernel("ck_clip_i64", bytes: bytes, inPlace: inPlace) { b in
        let least = b.input(1, as: Int64.self)?.pointee ?? .min
        ck_clip_i64(b.output(), b.input(0), count, least, b.input(2, as: Int64.self)?.pointee ?? .max)
      }
    case .int32 where !low.isFinite && !high.isFinite:
      return Kernel("ck_clip_i32", bytes: bytes, inPlace: inPlace) { b in
        let least = b.input(1, as: Int32.self)?.pointee ?? .min
        ck_clip_i32(b.output(), b.input(0), count, least, b.input(2, as: Int32.self)?.pointee ?? .max)
      }
    default: return try site.widened(unsigned: .byOrder) { site throws(ShapeError) in try bind(site) }
    }
  }
}

extension Tensor {
  /// Elements moved into [min, max]; either bound, a scalar, may be absent.
  public func clipped(min low: Tensor?, max high: Tensor?) -> Tensor { apply(Clip(), low, high) }
}
