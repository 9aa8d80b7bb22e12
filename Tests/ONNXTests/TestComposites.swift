import Graphs
import Tensors

/// x², which the standard lacks.
struct Square: UnaryTestOperator {
  static var onnx: [ONNXForm<Self>] { [ONNXForm("Square", domain: Catalogue.domain, since: 1, inputs: 1)] }
  func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    guard let x = inputs[0] else { return nil }
    return [x.builder.apply(Mul(), [x, x])]
  }
}

/// scale · x² + shift: attributes are constants of the body, and the definition is itself composite.
struct Affine: UnaryTestOperator {
  var scale: Float = 1
  var shift: Float = 0
  static var onnx: [ONNXForm<Self>] {
    [
      ONNXForm(
        "Affine", domain: Catalogue.domain, since: 1, inputs: 1, ["scale": .float(\.scale), "shift": .float(\.shift)])
    ]
  }
  func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    guard let x = inputs[0] else { return nil }
    let b = x.builder
    let square = b.apply(Square(), [x])
    return [b.apply(Add(), [b.apply(Mul(), [square, b.constant(scale)]), b.constant(shift)])]
  }
}

/// An optional second input, two results (the second is the first input itself), axes as a constant input.
struct TwoResults: TestOperator {
  var axes: [Int]? = [-1]
  static var onnx: [ONNXForm<Self>] {
    [
      ONNXForm(
        "TwoResults", domain: Catalogue.domain, since: 1, inputs: Arity(2...3, optional: [1]), outputs: Arity(1...2),
        constantInputs: [(3, "axes", .optionalInts(\.axes))])
    ]
  }
  func infer(_ x: Operands) throws(ShapeError) -> [TensorType] {
    [try reduce(x[0], axes, true)[0], x[0]]
  }
  func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    guard let x = inputs[0], inputs.count > 2, let z = inputs[2] else { return nil }
    let b = x.builder
    var sum = b.apply(Mul(), [x, z])
    if let y = inputs[1] { sum = b.apply(Add(), [sum, y]) }
    return [b.apply(ReduceSum(axes: axes), [sum]), x]
  }
}

/// Neither in the standard nor defined.
struct Opaque: UnaryTestOperator {
  static var onnx: [ONNXForm<Self>] { [ONNXForm("Opaque", domain: Catalogue.domain, since: 1, inputs: 1)] }
}

/// In the standard from opset 20 on.
struct Late: UnaryTestOperator {
  static var onnx: [ONNXForm<Self>] { [ONNXForm("Late", since: 20, inputs: 1)] }
  func definition(_ inputs: [Tensor?]) -> [Tensor]? { inputs[0].map { [$0.builder.apply(Relu(), [$0])] } }
}
