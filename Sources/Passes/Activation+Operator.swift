import Graphs
import Operators

extension Activation {
  /// The activation that an operator of its own computes.
  init?(_ op: any Operator) {
    switch op {
    case is QuickGelu: self = .quickGelu
    case is Relu: self = .relu
    case let gelu as Gelu: self = gelu.approximate == .tanh ? .geluTanh : .gelu
    default: return nil
    }
  }
}
