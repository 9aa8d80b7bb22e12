import Graphs
import Operators
import Tensors

/// A convolution whose result is normalised with constants is a convolution with other numbers. With
/// s = scale / √(var + ε), a number a filter:
///
///     weight′ = weight · s;   bias′ = (bias − mean) · s + shift
///
/// The numbers are computed in double precision and rounded once.
struct FoldBatchNormalization: RewriteRule {
  let roots: [any Operator.Type] = [BatchNormalization.self]

  func rewrite(_ site: RewriteSite) -> Replacement? {
    guard let op = site.op(BatchNormalization.self), !op.trainingMode, let y = site.input(0),
      let maker = site.maker(y, Conv.self), let x = maker.site.input(0), let weight = maker.site.input(1)
    else { return nil }
    guard site.isReadOnce(y) else { return site.decline("the convolution \(y.name) has another user") }
    let vectors = (1...4).compactMap { site.numbers(of: site.input($0))?.doubles }
    let bias = maker.site.input(2)
    let offsets = site.numbers(of: bias)?.doubles
    guard let numbers = site.numbers(of: weight), vectors.count == 4, bias == nil || offsets != nil else {
      return site.decline("the weights of \(y.name) or its normalisation are no float32 constants")
    }
    let (scale, shift, mean, variance) = (vectors[0], vectors[1], vectors[2], vectors[3])
    let factors = zip(scale, variance).map { $0 / ($1 + Double(op.epsilon)).squareRoot() }
    let old = offsets ?? [Double](repeating: 0, count: factors.count)
    let moved = factors.indices.map { Float((old[$0] - mean[$0]) * factors[$0] + shift[$0]) }
    let constants = [numbers.scaled(by: factors), NDArray(moved, [moved.count])].map { site.builder.constant($0) }
    return site.replaced(by: site.builder.apply(maker.op, [x] + constants))
  }
}

extension RewriteSite {
  /// The numbers of a float32 constant, or of one that is cast to it: a weight that is kept in half precision.
  fileprivate func numbers(of tensor: Tensor?) -> NDArray? {
    guard let tensor, let id = tensor.id, tensor.scalar == .float32 else { return nil }
    if let numbers = tensor.numbers { return numbers }
    guard let cast = maker(tensor, Cast.self), let source = cast.site.input(0)?.numbers else { return nil }
    return try? cast.op.evaluated(on: [source], outputs: [builder.graph[id]], limit: .max).first
  }
}

extension NDArray {
  fileprivate var doubles: [Double] { values(as: Float.self).map { Double($0) } }

  /// Every slice along axis 0 times its own factor.
  fileprivate func scaled(by factors: [Double]) -> NDArray {
    var values = values(as: Float.self)
    let row = values.count / max(factors.count, 1)
    values.withUnsafeMutableBufferPointer { buffer in
      for (slice, factor) in factors.enumerated() {
        for index in slice * row..<(slice + 1) * row { buffer[index] = Float(Double(buffer[index]) * factor) }
      }
    }
    return NDArray(values, sizes)
  }
}
