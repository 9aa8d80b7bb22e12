import Graphs
import Tensors

/// Operators that stand in for real ones: the reader and the writer must work with any catalogue.
enum TestOperators {
  static let catalogue = Catalogue([
    Add.self, Sub.self, Mul.self, Div.self, Pow.self, Less.self, MatMul.self, Relu.self, Sqrt.self, Cos.self, Size.self,
    Shape.self, Reshape.self, ReduceSum.self, ReduceMean.self, Transpose.self, Cast.self, Where.self, RandomNormal.self,
    Square.self, Affine.self, TwoResults.self, Opaque.self, Late.self,
  ])
}

protocol TestOperator: Operator {}

extension TestOperator {
  func bind(_ site: CallSite) throws(ShapeError) -> Kernel { Kernel("none") { _ in } }
}

/// Two operands that broadcast.
protocol BinaryTestOperator: TestOperator {}

extension BinaryTestOperator {
  func infer(_ x: Operands) throws(ShapeError) -> [TensorType] {
    try require(x[0].scalar == x[1].scalar, "element types differ: \(x[0]) and \(x[1])")
    return [TensorType(x[0].scalar, try broadcast(x[0].shape, x[1].shape))]
  }
}

func broadcast(_ a: Tensors.Shape, _ b: Tensors.Shape) throws(ShapeError) -> Tensors.Shape {
  let rank = max(a.rank, b.rank)
  func extent(_ shape: Tensors.Shape, _ axis: Int) -> Dimension {
    axis < rank - shape.rank ? 1 : shape.dimensions[axis - (rank - shape.rank)]
  }
  var result: [Dimension] = []
  for axis in 0..<rank {
    let (p, q) = (extent(a, axis), extent(b, axis))
    try require(p == q || p == 1 || q == 1, "shapes do not broadcast: \(a) and \(b)")
    result.append(p == 1 ? q : p)
  }
  return Tensors.Shape(result)
}

struct Add: BinaryTestOperator {
  static var onnx: [ONNXForm<Self>] { [ONNXForm("Add", since: 7, inputs: 2)] }
}
struct Sub: BinaryTestOperator {
  static var onnx: [ONNXForm<Self>] { [ONNXForm("Sub", since: 7, inputs: 2)] }
}
struct Mul: BinaryTestOperator {
  static var onnx: [ONNXForm<Self>] { [ONNXForm("Mul", since: 7, inputs: 2)] }
}
struct Div: BinaryTestOperator {
  static var onnx: [ONNXForm<Self>] { [ONNXForm("Div", since: 7, inputs: 2)] }
}
struct Pow: BinaryTestOperator {
  static var onnx: [ONNXForm<Self>] { [ONNXForm("Pow", since: 7, inputs: 2)] }
}

struct Less: TestOperator {
  static var onnx: [ONNXForm<Self>] { [ONNXForm("Less", since: 9, inputs: 2)] }
  func infer(_ x: Operands) throws(ShapeError) -> [TensorType] {
    [TensorType(.bool, try broadcast(x[0].shape, x[1].shape))]
  }
}

struct Where: TestOperator {
  static var onnx: [ONNXForm<Self>] { [ONNXForm("Where", since: 9, inputs: 3)] }
  func infer(_ x: Operands) throws(ShapeError) -> [TensorType] {
    [TensorType(x[1].scalar, try broadcast(x[0].shape, try broadcast(x[1].shape, x[2].shape)))]
  }
}

struct MatMul: TestOperator {
  static var onnx: [ONNXForm<Self>] { [ONNXForm("MatMul", since: 1, inputs: 2)] }
  func infer(_ x: Operands) throws(ShapeError) -> [TensorType] {
    let (a, b) = (x[0].shape, x[1].shape)
    try require(a.rank == 2 && b.rank == 2, "needs matrices, not \(a) and \(b)")
    try require(a[1] == b[0], "inner dimensions differ: \(a) × \(b)")
    return [TensorType(x[0].scalar, [a[0], b[1]])]
  }
}

/// Same type in and out.
protocol UnaryTestOperator: TestOperator {}
extension UnaryTestOperator {
  func infer(_ x: Operands) throws(ShapeError) -> [TensorType] { [x[0]] }
}

struct Relu: UnaryTestOperator {
  static var onnx: [ONNXForm<Self>] { [ONNXForm("Relu", since: 6, inputs: 1)] }
}
struct Sqrt: UnaryTestOperator {
  static var onnx: [ONNXForm<Self>] { [ONNXForm("Sqrt", since: 6, inputs: 1)] }
}
struct Cos: UnaryTestOperator {
  static var onnx: [ONNXForm<Self>] { [ONNXForm("Cos", since: 7, inputs: 1)] }
}

struct Size: TestOperator {
  static var onnx: [ONNXForm<Self>] { [ONNXForm("Size", since: 1, inputs: 1)] }
  func infer(_ x: Operands) throws(ShapeError) -> [TensorType] { [TensorType(.int64, [])] }
  func contents(_ x: Operands) -> [[Dimension]?] { [[x[0].shape.elementCount]] }
}

struct Shape: TestOperator {
  static var onnx: [ONNXForm<Self>] { [ONNXForm("Shape", since: 1, inputs: 1)] }
  func infer(_ x: Operands) throws(ShapeError) -> [TensorType] { [TensorType(.int64, [Dimension(x[0].shape.rank)])] }
  func contents(_ x: Operands) -> [[Dimension]?] { [x[0].shape.dimensions] }
}

struct Reshape: TestOperator {
  static var onnx: [ONNXForm<Self>] { [ONNXForm("Reshape", since: 5, inputs: 2)] }
  func infer(_ x: Operands) throws(ShapeError) -> [TensorType] {
    [TensorType(x[0].scalar, Tensors.Shape(try x.known(1, "the shape")))]
  }
}

/// Axes are an attribute until opset 12 and an input from 13 on.
struct ReduceSum: TestOperator {
  var axes: [Int]?
  var keepsDimensions = true
  static var onnx: [ONNXForm<Self>] {
    [
      ONNXForm(
        "ReduceSum", since: 13, inputs: 1, ["keepdims": .bool(\.keepsDimensions)],
        constantInputs: [(1, "axes", .optionalInts(\.axes))]),
      ONNXForm(
        "ReduceSum", since: 1, inputs: 1, ["axes": .optionalInts(\.axes), "keepdims": .bool(\.keepsDimensions)]),
    ]
  }
  func infer(_ x: Operands) throws(ShapeError) -> [TensorType] {
    try reduce(x[0], axes, keepsDimensions)
  }
}

struct ReduceMean: TestOperator {
  var axes: [Int]?
  var keepsDimensions = true
  static var onnx: [ONNXForm<Self>] {
    [
      ONNXForm(
        "ReduceMean", since: 1, inputs: 1, ["axes": .optionalInts(\.axes), "keepdims": .bool(\.keepsDimensions)])
    ]
  }
  func infer(_ x: Operands) throws(ShapeError) -> [TensorType] { try reduce(x[0], axes, keepsDimensions) }
}

func reduce(_ type: TensorType, _ axes: [Int]?, _ keeps: Bool) throws(ShapeError) -> [TensorType] {
  var result: [Dimension] = []
  var gone: Set<Int> = []
  for axis in axes ?? Array(0..<type.shape.rank) { gone.insert(try type.shape.axis(axis)) }
  for (axis, extent) in type.shape.dimensions.enumerated() {
    if !gone.contains(axis) { result.append(extent) } else if keeps { result.append(1) }
  }
  return [TensorType(type.scalar, Tensors.Shape(result))]
}

struct Transpose: TestOperator {
  var permutation: [Int] = []
  static var onnx: [ONNXForm<Self>] { [ONNXForm("Transpose", since: 1, inputs: 1, ["perm": .ints(\.permutation)])] }
  func infer(_ x: Operands) throws(ShapeError) -> [TensorType] {
    try require(permutation.sorted() == Array(0..<x[0].shape.rank), "perm \(permutation) is no permutation")
    return [TensorType(x[0].scalar, Tensors.Shape(permutation.map { x[0].shape[$0] }))]
  }
}

struct Cast: TestOperator {
  var to = ScalarType.float32
  static var onnx: [ONNXForm<Self>] { [ONNXForm("Cast", since: 6, inputs: 1, ["to": .scalarType(\.to)])] }
  func infer(_ x: Operands) throws(ShapeError) -> [TensorType] { [TensorType(to, x[0].shape)] }
}

struct RandomNormal: TestOperator {
  var mean: Float = 0
  var scale: Float = 1
  var seed: Float?
  var shape: [Int] = []
  static var onnx: [ONNXForm<Self>] {
    [
      ONNXForm(
        "RandomNormal", since: 1, inputs: 0,
        ["mean": .float(\.mean), "scale": .float(\.scale), "seed": .optionalFloat(\.seed), "shape": .ints(\.shape)])
    ]
  }
  func infer(_ x: Operands) throws(ShapeError) -> [TensorType] { [TensorType(.float32, Tensors.Shape(shape))] }
}
