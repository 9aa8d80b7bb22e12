import CKernels
import Graphs
import Tensors

/// Tensors one after the other along an axis.
public struct Concat: Operator {
  public var axis = 0

  public init() {}
  public init(axis: Int) { self.axis = axis }

  public static let onnx = [
    ONNXForm<Self>("Concat", since: 4, inputs: .variadic(from: 1), ["axis": .int(\.axis)])
  ]

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] {
    try x.requireOneScalar()
    var result = x[0].shape
    let axis = try result.axis(axis)
    for case let type? in x.types.dropFirst() {
      try require(type.shape.rank == result.rank, "ranks differ: \(x[0].shape) and \(type.shape)")
      for other in 0..<result.rank where other != axis {
        let (a, b) = (result[other], type.shape[other])
        try require(!a.differs(from: b), "\(x[0].shape) and \(type.shape) differ at axis \(other)")
        if a.constant == nil && b.constant != nil { result[other] = b }
      }
      result[axis] = result[axis] + type.shape[axis]
    }
    return [TensorType(x[0].scalar, result)]
  }

  public func contents(_ x: Operands) -> [[Dimension]?] {
    guard x[0].shape.rank == 1 else { return [nil] }
    let parts = x.types.indices.compactMap { x.contents(of: $0) }
    return [parts.count == x.count ? parts.flatMap { $0 } : nil]
  }

  public func gradient(_ p: Pullback) -> [Tensor?] {
    let inputs = p.inputs.compactMap { $0 }
    guard let axis = try? p.seed.shape.axis(axis) else { return p.inputs.map { _ in nil } }
    let extents = inputs.map { $0.shape[axis] }
    if let sizes = Shape(extents).sizes, p.inputs.indices.allSatisfy({ p.wants($0) }) {
      return p.seed.split(sizes, axis: axis)
    }
    var offset: Dimension = 0
    return inputs.indices.map { index in
      let start = offset
      offset = offset + extents[index]
      guard p.wants(index) else { return nil }
      let starts = p.builder.shapeVector([start], from: inputs)
      return p.seed.sliced(starts: starts, ends: p.builder.shapeVector([offset], from: inputs), axes: [axis])
    }
  }

  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel {
    let out = site.output()
    let axis = try Shape(out.sizes).axis(axis)
    let strides = denseStrides(out.sizes)
    var parts: [(index: Int, offset: Int, plan: ck_strided)] = []
    var position = 0
    for index in site.inputs.indices {
      let part = site.input(index)
      let plan = try stridedPlan(part.sizes, out: strides, in: denseStrides(part.sizes))
      parts.append((index, position * Int(strides[axis]) * out.scalar.size, plan))
      position += part.sizes[axis]
    }
    let size = Int32(out.scalar.size)
    return Kernel("ck_copy_strided", bytes: site.traffic) { [parts] b in
      for index in 0..<parts.count {
        let part = parts[index]
        let target = b.rawOutput().map { $0 + part.offset }
        withUnsafePointer(to: part.plan) { ck_copy_strided(target, b.rawInput(part.index), $0, size) }
      }
    }
  }
}

/// The tensors one after the other along `axis`; there must be at least one.
public func concatenated(_ tensors: [Tensor], axis: Int) -> Tensor {
  precondition(!tensors.isEmpty, "nothing to concatenate")
  return tensors[0].builder.apply(Concat(axis: axis), tensors)
}
