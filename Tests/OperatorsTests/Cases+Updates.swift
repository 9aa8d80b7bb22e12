import Foundation
import Graphs
import Operators
import Tensors

extension OperatorCase {
  /// AdamW against torch.optim.AdamW's equations in double precision, with betas as the decimals that were meant.
  static let updates: [OperatorCase] = [1, 2, 1000].map { step in
    let (p, g, m) = (floats([3, 5], seed: 171), floats([3, 5], seed: 172), floats([3, 5], seed: 173))
    let v = floats([3, 5], seed: 174, in: 0...1)
    let (rate, beta1, beta2, epsilon, decay) = (1e-3, 0.9, 0.999, 1e-8, 0.2)
    let hyper = [rate, beta1, beta2, epsilon, decay].map { NDArray(Float($0)) }
    let first = NDArray.make(.float32, [3, 5]) { m.at($0) * beta1 + g.at($0) * (1 - beta1) }
    let second = NDArray.make(.float32, [3, 5]) { v.at($0) * beta2 + g.at($0) * g.at($0) * (1 - beta2) }
    let parameter = NDArray.make(.float32, [3, 5]) {
      let deviation = second.at($0).squareRoot() / (1 - pow(beta2, Double(step))).squareRoot() + epsilon
      return p.at($0) * (1 - rate * decay) - rate / (1 - pow(beta1, Double(step))) * first.at($0) / deviation
    }
    return neural(
      op: AdamW(), inputs: [p, g, m, v, integers([step], [])] + hyper, outputs: 3,
      expected: [parameter, first, second], tolerance: 1e-6)
  }
}
