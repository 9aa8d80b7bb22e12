import CKernels
import Graphs
import Tensors

/// One number (float32 zero where none is given) repeated to a shape, which is an int64 vector.
public struct ConstantOfShape: Operator {
  public var value: NDArray?

  public init() {}
  public init(_ value: NDArray?) { self.value = value }

  public static let onnx = [
    ONNXForm<Self>("ConstantOfShape", since: 9, inputs: 1, ["value": .tensor(\.value)])
  ]

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] {
    try require((value?.count ?? 1) == 1, "the value must be one number, not \(value?.count ?? 1)")
    let shape = Shape(try x.known(0, "the shape"))
    for extent in shape.dimensions { try require((extent.constant ?? 0) >= 0, "\(shape) has a negative extent") }
    return [TensorType(value?.scalar ?? .float32, shape)]
  }

  public func contents(_ x: Operands) -> [[Dimension]?] {
    guard let number = value?.integers?.first, let sizes = x.numbers(of: 0),
      let count = Shape(sizes).elementCount.constant, 0...Operands.contentsLimit ~= count
    else { return [nil] }
    return [[Dimension](repeating: Dimension(number), count: count)]
  }

  public func gradient(_ p: Pullback) -> [Tensor?] { [nil] }

  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel {
    let value = value ?? NDArray(Float(0))
    let (count, size) = (Int64(site.output().count), Int32(site.output().scalar.size))
    return Kernel("ck_fill", bytes: site.output().byteCount) { b in ck_fill(b.rawOutput(), value.address, count, size) }
  }
}

extension GraphBuilder {
  /// Zeros of a shape that is an int64 vector.
  public func zeros(shape: Tensor, _ scalar: ScalarType) -> Tensor {
    guard scalar != .float32 else { return apply(ConstantOfShape(), [shape]) }
    guard let zero = try? NDArray(zeros: scalar, [1]) else { return Tensor(self, nil) }
    return apply(ConstantOfShape(zero), [shape])
  }

  /// Zeros of another tensor's type and shape.
  public func zeros(like tensor: Tensor) -> Tensor {
    if tensor.isPoisoned { return tensor }
    return zeros(shape: shapeVector(tensor.shape.dimensions, from: [tensor]), tensor.scalar)
  }
}
