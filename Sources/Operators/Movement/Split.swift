import CKernels
import Graphs
import Tensors

/// Cuts a tensor into parts along an axis: of the given sizes, or equal ones (the last of `partCount` may be smaller).
public struct Split: Operator {
  public var axis = 0
  public var sizes: [Int]?
  public var partCount: Int?

  public init() {}
  public init(axis: Int, sizes: [Int]?, partCount: Int? = nil) {
    (self.axis, self.sizes, self.partCount) = (axis, sizes, partCount)
  }

  public static let onnx = [
    ONNXForm<Self>(
      "Split", since: 18, inputs: 1, outputs: .variadic(from: 1),
      ["axis": .int(\.axis), "num_outputs": .optionalInt(\.partCount)],
      constantInputs: [(1, "split", .optionalInts(\.sizes))]),
    ONNXForm<Self>(
      "Split", since: 13, inputs: 1, outputs: .variadic(from: 1), ["axis": .int(\.axis)],
      constantInputs: [(1, "split", .optionalInts(\.sizes))]),
    ONNXForm<Self>(
      "Split", since: 2, inputs: 1, outputs: .variadic(from: 1),
      ["axis": .int(\.axis), "split": .optionalInts(\.sizes)]),
  ]

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] {
    let shape = x[0].shape
    let axis = try shape.axis(axis)
    let extent = shape[axis]
    var parts: [Dimension]
    if let sizes {
      try require(sizes.count >= x.outputCount, "\(sizes.count) sizes are given for \(x.outputCount) outputs")
      try require(sizes.allSatisfy { $0 >= 0 }, "\(sizes) has a negative size")
      parts = sizes.map { Dimension($0) }
      let sum = parts.reduce(0, +)
      try require(!sum.differs(from: extent), "\(sizes) add up to \(sum), but axis \(axis) of \(shape) is \(extent)")
    } else {
      let count = partCount ?? x.outputCount
      try require(count >= x.outputCount && count <= 1 << 16, "\(count) parts are given for \(x.outputCount) outputs")
      let part = (extent + Dimension(count - 1)).floorDivided(by: Dimension(count))
      if let exact = extent.dividedExactly(by: Dimension(count)) {
        parts = [Dimension](repeating: exact, count: count)
      } else {
        try require(partCount != nil, "axis \(axis) of \(shape) cannot be cut into \(count) equal parts")
        parts = [Dimension](repeating: part, count: count - 1) + [extent - part * Dimension(count - 1)]
        if let last = parts.last?.constant { try require(last >= 0, "\(extent) is too little for \(count) parts") }
      }
    }
    return parts.map { part in
      var result = shape
      result[axis] = part
      return TensorType(x[0].scalar, result)
    }
  }

  public func contents(_ x: Operands) -> [[Dimension]?] {
    guard x[0].shape.rank == 1, let values = x.contents(of: 0), let types = try? infer(x) else { return [] }
    var rest = values[...]
    return types.map { type in
      guard let count = type.shape[0].constant, count <= rest.count else { return nil }
      defer { rest = rest.dropFirst(count) }
      return Array(rest.prefix(count))
    }
  }

  public func gradient(_ p: Pullback) -> [Tensor?] {
    let x = p.input(0)
    let parts = p.outputs.indices.map { index in
      p.seeds[index] ?? x.builder.zeros(like: p.outputs[index])
    }
    return [concatenated(parts, axis: axis)]
  }

  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel {
    let source = site.input(0)
    let axis = try Shape(source.sizes).axis(axis)
    let strides = denseStrides(source.sizes)
    let types = try infer(
      Operands(types: [source.type], contents: [nil], outputCount: site.outputs.count))
    var parts: [(index: Int, offset: Int, plan: ck_strided)] = []
    var position = 0
    for (index, type) in types.enumerated() {
      let sizes = type.shape.sizes ?? []
      if index < site.outputs.count, site.outputs[index] != nil {
        let plan = try stridedPlan(sizes, out: denseStrides(sizes), in: strides)
        parts.append((index, position * Int(strides[axis]) * source.scalar.size, plan))
      }
      position += sizes[axis]
    }
    let size = Int32(source.scalar.size)
    return Kernel("ck_copy_strided", bytes: site.traffic) { [parts] b in
      for index in 0..<parts.count {
        let part = parts[index]
        let from = b.rawInput(0).map { $0 + part.offset }
        withUnsafePointer(to: part.plan) { ck_copy_strided(b.rawOutput(part.index), from, $0, size) }
      }
    }
  }
}

extension CallSite.Slot {
  var type: TensorType { TensorType(scalar, Shape(sizes)) }
}

extension Tensor {
  /// Parts of the given sizes along `axis`.
  public func split(_ sizes: [Int], axis: Int) -> [Tensor] {
    builder.apply(Split(axis: axis, sizes: sizes), [self], outputs: sizes.count)
  }
}
