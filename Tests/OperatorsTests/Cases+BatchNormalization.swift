import Foundation
import Graphs
import Operators
import Tensors

/// Batch normalisation element by element in double precision.
struct BatchNormalizationReference {
  var x: NDArray
  var epsilon: Double
  /// A number a channel.
  var mean: [Double]
  var variance: [Double]
  /// Elements of a channel.
  var count: Int

  /// With the statistics of x itself.
  init(_ x: NDArray, epsilon: Double) {
    let channels = x.sizes[1]
    (self.x, self.epsilon, count) = (x, epsilon, x.count / channels)
    mean = [Double](repeating: 0, count: channels)
    variance = mean
    for at in positions(x.sizes) { mean[at[1]] += x.at(at) / Double(count) }
    for at in positions(x.sizes) { variance[at[1]] += power(x.at(at) - mean[at[1]], 2) / Double(count) }
  }

  func normalised(_ at: [Int]) -> Double { (x.at(at) - mean[at[1]]) / (variance[at[1]] + epsilon).squareRoot() }

  func output(scale: NDArray, bias: NDArray) -> NDArray {
    NDArray.make(.float32, x.sizes) { normalised($0) * scale.at([$0[1]]) + bias.at([$0[1]]) }
  }

  /// Σ dy and Σ dy · x̂ over every channel.
  func sums(_ dy: NDArray) -> (plain: [Double], products: [Double]) {
    var sums = (plain: [Double](repeating: 0, count: mean.count), products: [Double](repeating: 0, count: mean.count))
    for at in positions(x.sizes) {
      sums.plain[at[1]] += dy.at(at)
      sums.products[at[1]] += dy.at(at) * normalised(at)
    }
    return sums
  }

  /// dx, dscale, dbias; `training` says that the statistics are functions of x.
  func gradients(scale: NDArray, _ dy: NDArray, training: Bool) -> [NDArray] {
    let (plain, products) = sums(dy)
    let dx = NDArray.make(.float32, x.sizes) { at in
      let centred = dy.at(at) - (plain[at[1]] + normalised(at) * products[at[1]]) / Double(count)
      return scale.at([at[1]]) / (variance[at[1]] + epsilon).squareRoot() * (training ? centred : dy.at(at))
    }
    return [dx] + [products, plain].map { NDArray($0.map { Float($0) }, [mean.count]) }
  }
}

extension OperatorCase {
  /// The last one is cut into several stretches.
  private static let imageShapes = [[4, 3], [2, 3, 5], [2, 3, 4, 5], [1, 2, 3, 2, 2], [3, 2, 85, 97]]

  static let batchNormalizations: [OperatorCase] = imageShapes.flatMap { sizes -> [OperatorCase] in
    let channels = sizes[1]
    let isSmall = sizes.reduce(1, *) < 1000
    let epsilon = sizes.count == 2 ? 0.1 : 1e-3
    let x = floats(sizes, seed: 180, in: -1...2)
    let (scale, bias, mean) = (
      floats([channels], seed: 181, in: 0.5...2), floats([channels], seed: 182), floats([channels], seed: 183)
    )
    let (variance, dy) = (floats([channels], seed: 184, in: 0.5...2), floats(sizes, seed: 185))
    let own = BatchNormalizationReference(x, epsilon: epsilon)
    var given = own
    (given.mean, given.variance) = (mean.numbers, variance.numbers)
    let statistics = [own.mean, own.variance].map { NDArray($0.map { Float($0) }, [channels]) }
    let wanted = isSmall ? [0, 1, 2] : []

    func training(_ momentum: Float, outputs: Int) -> OperatorCase {
      let running = zip([mean, variance], statistics).map { old, new in
        NDArray.make(.float32, [channels]) { old.at($0) * Double(momentum) + new.at($0) * (1 - Double(momentum)) }
      }
      var result = neural(
        op: BatchNormalization(epsilon: Float(epsilon), momentum: momentum, trainingMode: true),
        inputs: [x, scale, bias, mean, variance], outputs: outputs,
        expected: Array(([own.output(scale: scale, bias: bias)] + running).prefix(outputs)), wanted: wanted)
      result.forms = [14, 15]
      return result
    }
    func gradient(_ reference: BatchNormalizationReference, _ statistics: [NDArray], training: Bool) -> OperatorCase {
      neural(
        op: BatchNormalizationGradient(epsilon: Float(epsilon), trainingMode: training),
        inputs: [x, scale, dy] + statistics, outputs: 3,
        expected: reference.gradients(scale: scale, dy, training: training))
    }
    return [
      neural(
        op: BatchNormalization(epsilon: Float(epsilon)), inputs: [x, scale, bias, mean, variance],
        expected: [given.output(scale: scale, bias: bias)], wanted: wanted),
      training(0.75, outputs: 3), training(0.75, outputs: 1),
      neural(
        op: BatchNormalizationTraining(epsilon: Float(epsilon)), inputs: [x, scale, bias], outputs: 3,
        expected: [own.output(scale: scale, bias: bias)] + statistics, wanted: wanted),
      neural(
        op: BatchNormalizationTraining(epsilon: Float(epsilon)), inputs: [x, scale, bias],
        expected: [own.output(scale: scale, bias: bias)], wanted: wanted),
      gradient(own, statistics, training: true), gradient(own, [], training: true),
      gradient(given, [mean, variance], training: false),
    ]
  }
}
