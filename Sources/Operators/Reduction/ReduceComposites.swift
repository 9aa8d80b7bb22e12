import Graphs
import Tensors

/// Reductions that are a function of a sum share their attributes: which axes (all where none are given), whether they stay
/// as 1, and whether no axes mean none.
public struct ReductionAxes: Hashable, Sendable {
  public var axes: [Int]?
  public var keepDimensions = true
  public var noopWithEmptyAxes = false

  public init() {}
  public init(axes: [Int]?, keepDimensions: Bool) { (self.axes, self.keepDimensions) = (axes, keepDimensions) }

  static func forms<Op: Operator>(
    _ name: String, axes: AttributeCoding<Op>, keep: AttributeCoding<Op>, noop: AttributeCoding<Op>
  ) -> [ONNXForm<Op>] {
    [
      ONNXForm<Op>(
        name, since: 18, inputs: 1, ["keepdims": keep, "noop_with_empty_axes": noop],
        constantInputs: [(1, "axes", axes)]),
      ONNXForm<Op>(name, since: 1, inputs: 1, ["axes": axes, "keepdims": keep]),
    ]
  }

  func sum(_ x: Tensor) -> Tensor {
    x.apply(ReduceSum(axes: axes, keepDimensions: keepDimensions, noopWithEmptyAxes: noopWithEmptyAxes))
  }
}

/// Σ |x| over axes.
public struct ReduceL1: Macro {
  public var reduction = ReductionAxes()

  public init() {}
  public init(axes: [Int]?, keepDimensions: Bool) {
    reduction = ReductionAxes(axes: axes, keepDimensions: keepDimensions)
  }

  public static let onnx = ReductionAxes.forms(
    "ReduceL1", axes: .optionalInts(\Self.reduction.axes), keep: .bool(\.reduction.keepDimensions),
    noop: .bool(\.reduction.noopWithEmptyAxes))

  public func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    guard let x = inputs.first, let x else { return nil }
    return [reduction.sum(x.abs())]
  }
}

/// log Σ x over axes.
public struct ReduceLogSum: Macro {
  public var reduction = ReductionAxes()

  public init() {}
  public init(axes: [Int]?, keepDimensions: Bool) {
    reduction = ReductionAxes(axes: axes, keepDimensions: keepDimensions)
  }

  public static let onnx = ReductionAxes.forms(
    "ReduceLogSum", axes: .optionalInts(\Self.reduction.axes), keep: .bool(\.reduction.keepDimensions),
    noop: .bool(\.reduction.noopWithEmptyAxes))

  public func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    guard let x = inputs.first, let x else { return nil }
    return [reduction.sum(x).log()]
  }
}

/// log Σ eˣ over axes, as the greatest element plus the logarithm of what is left, so that nothing overflows.
public struct ReduceLogSumExp: Macro {
  public var reduction = ReductionAxes()

  public init() {}
  public init(axes: [Int]?, keepDimensions: Bool) {
    reduction = ReductionAxes(axes: axes, keepDimensions: keepDimensions)
  }

  public static let onnx = ReductionAxes.forms(
    "ReduceLogSumExp", axes: .optionalInts(\Self.reduction.axes), keep: .bool(\.reduction.keepDimensions),
    noop: .bool(\.reduction.noopWithEmptyAxes))

  public func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    guard let x = inputs.first, let x else { return nil }
    guard let axes = try? Reduction.axes(reduction.axes, noop: reduction.noopWithEmptyAxes, x.shape), !axes.isEmpty
    else { return [reduction.sum(x.exp()).log()] }
    let greatest = x.apply(ReduceMax(axes: axes, keepDimensions: true))
    let zero = x.scalar(0)
    let shift = (greatest - greatest).equal(to: zero).select(greatest, zero)
    let result = (x - shift).exp().sum(axes, keepDimensions: true).log() + shift
    return [reduction.keepDimensions ? result : result.squeezed(axes)]
  }
}
