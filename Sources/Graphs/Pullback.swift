import Tensors

/// What a gradient may use: a node's inputs, its outputs, and the gradients of its outputs.
public struct Pullback {
  public let inputs: [Tensor?]
  public let outputs: [Tensor]
  public let seeds: [Tensor?]
  /// Which inputs need a gradient at all.
  public let wanted: [Bool]
  /// Differentiates a composite through its definition; given by `Autodiff`.
  let differentiateDefinition: (any Operator, Pullback) -> [Tensor?]

  public init(
    inputs: [Tensor?], outputs: [Tensor], seeds: [Tensor?], wanted: [Bool],
    differentiateDefinition: @escaping (any Operator, Pullback) -> [Tensor?]
  ) {
    self.inputs = inputs
    self.outputs = outputs
    self.seeds = seeds
    self.wanted = wanted
    self.differentiateDefinition = differentiateDefinition
  }

  /// Input `index`, which the form's arity guarantees to be there.
  public func input(_ index: Int) -> Tensor {
    guard index < inputs.count, let tensor = inputs[index] else { preconditionFailure("input \(index) is absent") }
    return tensor
  }

  public func output(_ index: Int) -> Tensor { outputs[index] }

  /// The gradient of the first output. Operators of one output are only asked when it is there.
  public var seed: Tensor {
    guard let seed = seeds.first, let seed else { preconditionFailure("no gradient of the first output") }
    return seed
  }

  public func wants(_ index: Int) -> Bool { index < wanted.count && wanted[index] }

  public func gradientOfDefinition(_ op: any Operator) -> [Tensor?] { differentiateDefinition(op, self) }
}
