import Foundation
import Graphs
import Operators
import Tensors

extension OperatorCase {
  /// AdamW against torch.optim.AdamW's equations in double precision, with betas as the decimals that were meant: on
  /// gradients of the parameter's shape, and on those of rows that were read.
  static let updates: [OperatorCase] = {
    let g = floats([3, 5], seed: 172)
    let dense = [1, 2, 1000].map { step in adamW(step, [3, 5], gradient: g) { g.at($0) } }
    let indices = [NDArray([2, 0, 2, -1] as [Int64], [2, 2]), NDArray([1, 1, 3] as [Int64], [3])]
    return dense
      + indices.map { indices in
        let g = floats(indices.sizes + [5], seed: 175)
        let values = g.values(as: Float.self).map { Double($0) }
        let rows = (indices.integers ?? []).map { $0 < 0 ? $0 + 6 : $0 }
        return adamW(3, [6, 5], gradient: g, indices: indices) { place in
          var sum = 0.0
          for (read, row) in rows.enumerated() where row == place[0] { sum += values[read * 5 + place[1]] }
          return sum
        }
      }
  }()

  /// - Parameter dense: the gradient of an element of the parameter [sizes].
  private static func adamW(
    _ step: Int, _ sizes: [Int], gradient: NDArray, indices: NDArray? = nil, _ dense: ([Int]) -> Double
  ) -> OperatorCase {
    let (p, m, v) = (floats(sizes, seed: 171), floats(sizes, seed: 173), floats(sizes, seed: 174, in: 0...1))
    let (rate, beta1, beta2, epsilon, decay) = (1e-3, 0.9, 0.999, 1e-8, 0.2)
    let hyper = [rate, beta1, beta2, epsilon, decay].map { NDArray(Float($0)) }
    let first = NDArray.make(.float32, sizes) { m.at($0) * beta1 + dense($0) * (1 - beta1) }
    let second = NDArray.make(.float32, sizes) { v.at($0) * beta2 + dense($0) * dense($0) * (1 - beta2) }
    let parameter = NDArray.make(.float32, sizes) {
      let deviation = second.at($0).squareRoot() / (1 - pow(beta2, Double(step))).squareRoot() + epsilon
      return p.at($0) * (1 - rate * decay) - rate / (1 - pow(beta1, Double(step))) * first.at($0) / deviation
    }
    return neural(
      op: AdamW(), inputs: [p, gradient, m, v, integers([step], [])] + hyper + [indices].compactMap { $0 },
      outputs: 3, expected: [parameter, first, second], tolerance: 1e-6)
  }

  /// ONNX's optimisers on two tensors against their equations in double precision.
  static let training: [OperatorCase] = {
    let (sizes, rate, norm) = ([[2, 3], [4]], 0.1, 0.02)
    func operands(_ kinds: Int, count: Int) -> [NDArray] {
      let tensors = (0..<kinds).flatMap { kind in
        sizes.enumerated().map { floats($1, seed: UInt64(500 + 2 * kind + $0), in: (kind > 2 ? 0 : -1)...1) }
      }
      return [NDArray(Float(rate)), integers([count], [])] + tensors
    }
    /// `update` gives the results for one element of X, G and its states.
    func expected(_ inputs: [NDArray], _ update: @escaping ([Double]) -> [Double]) -> [NDArray] {
      let kinds = (inputs.count - 2) / 2
      return (0..<kinds - 1).flatMap { result in
        sizes.indices.map { tensor in
          NDArray.make(.float32, sizes[tensor]) { place in
            update((0..<kinds).map { inputs[2 + 2 * $0 + tensor].at(place) })[result]
          }
        }
      }
    }
    return [0, 3].flatMap { count -> [OperatorCase] in
      let (three, four) = (operands(3, count: count), operands(4, count: count))
      let positive = three.prefix(6) + sizes.enumerated().map { floats($1, seed: UInt64(520 + $0), in: 0...1) }
      let time = Double(count)
      let adagrad = expected(Array(positive)) { x in
        let g = norm * x[0] + x[1]
        let h = x[2] + g * g
        return [x[0] - rate / (1 + 0.5 * time) * g / (h.squareRoot() + 0.01), h]
      }
      let adam = expected(four) { x in
        let g = norm * x[0] + x[1]
        let (v, h) = (0.8 * x[2] + 0.2 * g, 0.9 * x[3] + 0.1 * g * g)
        let r = count == 0 ? rate : rate * (1 - pow(0.9, time)).squareRoot() / (1 - pow(0.8, time))
        return [0.95 * (x[0] - r * v / (h.squareRoot() + 0.01)), v, h]
      }
      let momenta = [Momentum.Mode.standard, .nesterov].map { mode in
        neural(
          op: Momentum(alpha: 0.9, beta: 0.5, norm: Float(norm), mode: mode), inputs: three, outputs: 4,
          expected: expected(three) { x in
            let g = norm * x[0] + x[1]
            let v = 0.9 * x[2] + (count == 0 ? 1 : 0.5) * g
            return [x[0] - rate * (mode == .standard ? v : g + 0.9 * v), v]
          })
      }
      return momenta + [
        neural(
          op: Adagrad(decay: 0.5, epsilon: 0.01, norm: Float(norm)), inputs: Array(positive), outputs: 4,
          expected: adagrad),
        neural(
          op: Adam(alpha: 0.8, beta: 0.9, epsilon: 0.01, norm: Float(norm), normAfter: 0.05), inputs: four, outputs: 6,
          expected: adam),
      ]
    }
  }()
}
