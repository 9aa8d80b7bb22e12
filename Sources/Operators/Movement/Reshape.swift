import Graphs
import Tensors

/// The same elements under another shape, which is an int64 vector: 0 keeps the extent at its place (unless
/// `allowZero`), one −1 is inferred.
public struct Reshape: Operator {
  public var allowZero = false

  public init() {}
  public init(allowZero: Bool) { self.allowZero = allowZero }

  public static let onnx = [
    ONNXForm<Self>("Reshape", since: 14, inputs: 2, ["allowzero": .bool(\.allowZero)]),
    ONNXForm<Self>("Reshape", since: 5, inputs: 2),
  ]

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] {
    var wanted = try x.known(1, "the shape")
    let source = x[0].shape
    for (axis, extent) in wanted.enumerated() where extent == 0 && !allowZero {
      try require(axis < source.rank, "extent \(axis) of \(Shape(wanted)) is to be kept, but x is \(source)")
      wanted[axis] = source[axis]
    }
    let open = wanted.indices.filter { wanted[$0] == -1 }
    try require(open.count <= 1, "\(Shape(wanted)) leaves more than one extent open")
    for extent in wanted where extent != -1 {
      try require((extent.constant ?? 0) >= 0, "\(Shape(wanted)) has a negative extent")
    }
    let total = source.elementCount
    if let position = open.first {
      wanted[position] = 1
      let rest = Shape(wanted).elementCount
      try require(rest != 0, "the open extent cannot be told where another one is 0")
      if let exact = total.dividedExactly(by: rest) {
        wanted[position] = exact
      } else {
        try require(total.constant == nil || rest.constant == nil, "\(source) does not divide into parts of \(rest)")
        wanted[position] = total.floorDivided(by: rest)
      }
    } else {
      let count = Shape(wanted).elementCount
      try require(!count.differs(from: total), "\(source) has \(total) elements, \(Shape(wanted)) has \(count)")
    }
    return [TensorType(x[0].scalar, Shape(wanted))]
  }

  public func contents(_ x: Operands) -> [[Dimension]?] { x.sameContents }

  public func gradient(_ p: Pullback) -> [Tensor?] { [p.seed.reshaped(like: p.input(0)), nil] }

  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel { .view(of: 0) }
}

extension Tensor {
  public func reshaped(shape: Tensor) -> Tensor { apply(Reshape(), shape) }

  /// The same elements under `dimensions`. Symbolic extents are written as 0 where they keep their place, one as −1,
  /// and otherwise are computed from this tensor's shape.
  public func reshaped(to dimensions: [Dimension]) -> Tensor {
    if isPoisoned { return self }
    if let sizes = Shape(dimensions).sizes {
      return sizes.contains(0) && !sizes.contains(-1)
        ? apply(Reshape(allowZero: true), builder.constant(sizes)) : reshaped(shape: builder.constant(sizes))
    }
    var numbers: [Int] = []
    var open = dimensions.contains(-1)
    for (axis, extent) in dimensions.enumerated() {
      if let number = extent.constant {
        numbers.append(number)
      } else if axis < rank, shape[axis] == extent {
        numbers.append(0)
      } else if !open {
        numbers.append(-1)
        open = true
      } else {
        return reshaped(shape: builder.shapeVector(dimensions, from: [self]))
      }
    }
    return reshaped(shape: builder.constant(numbers))
  }
}
