import CKernels
import Graphs

/// What follows a linear layer. Raw values are the attribute's spelling in a file.
public enum Activation: String, Hashable, Sendable, CaseIterable {
  case none
  case gelu
  case geluTanh = "gelu_tanh"
  case quickGelu = "quick_gelu"
  case relu

  var kernel: ck_activation {
    switch self {
    case .none: CK_ACTIVATION_NONE
    case .gelu: CK_ACTIVATION_GELU
    case .geluTanh: CK_ACTIVATION_GELU_TANH
    case .quickGelu: CK_ACTIVATION_QUICK_GELU
    case .relu: CK_ACTIVATION_RELU
    }
  }
}

extension Tensor {
  public func activated(_ activation: Activation) -> Tensor {
    switch activation {
    case .none: self
    case .gelu: gelu()
    case .geluTanh: gelu(approximate: .tanh)
    case .quickGelu: quickGelu()
    case .relu: relu()
    }
  }

  /// The gradient of an activation of self, given the gradient of its result.
  func activationGradient(_ activation: Activation, _ dy: Tensor) -> Tensor {
    switch activation {
    case .none: dy
    case .gelu: geluGradient(dy)
    case .geluTanh: geluGradient(dy, approximate: .tanh)
    case .quickGelu: quickGeluGradient(dy)
    case .relu: reluGradient(dy)
    }
  }
}
