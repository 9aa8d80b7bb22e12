import CKernels
import Graphs
import Tensors

/// The k largest (or smallest) elements along an axis and their positions (int64), best first; of equals the first comes
/// first. Inputs: x, and k as an int64 vector of one number. Before opset 10 k is an attribute.
public struct TopK: Operator {
  public var axis = -1
  public var largest = true
  /// Asks for an order among the results; they are always in order.
  public var sorted = true
  public var count: Int?

  public init() {}
  public init(axis: Int, largest: Bool = true, count: Int? = nil) {
    (self.axis, self.largest, self.count) = (axis, largest, count)
  }

  public static let onnx = [
    ONNXForm<Self>(
      "TopK", since: 11, inputs: Arity(1...2), outputs: Arity(1...2),
      ["axis": .int(\.axis), "largest": .bool(\.largest), "sorted": .bool(\.sorted)]),
    ONNXForm<Self>("TopK", since: 10, inputs: Arity(1...2), outputs: Arity(1...2), ["axis": .int(\.axis)]),
    ONNXForm<Self>(
      "TopK", since: 1, inputs: 1, outputs: Arity(1...2), ["axis": .int(\.axis), "k": .optionalInt(\.count)]),
  ]

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] {
    var shape = x[0].shape
    let axis = try shape.axis(axis)
    try require(x[0].scalar != .bool, "x must be numbers, not bool")
    var k = Dimension(count ?? 0)
    if count == nil {
      try require(x.has(1), "needs the number of elements")
      let given = try x.known(1, "the number of elements")
      try require(given.count == 1, "the number of elements must be one number, not \(given.count)")
      k = given[0]
    }
    if let number = k.constant { try require(number >= 0, "cannot choose \(number) elements") }
    if let rest = (shape[axis] - k).constant {
      try require(rest >= 0, "cannot choose \(k) of the \(shape[axis]) elements of axis \(axis) of \(shape)")
    }
    shape[axis] = k
    return [TensorType(x[0].scalar, shape), TensorType(.int64, shape)]
  }

  public func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    guard let count, let x = inputs.first, let x else { return nil }
    var op = self
    op.count = nil
    return x.builder.apply(op, [x, x.builder.constant([count])], outputs: 2)
  }

  /// The gradient goes to the elements that were chosen.
  public func gradient(_ p: Pullback) -> [Tensor?] {
    guard let seed = p.seeds[0] else { return p.inputs.map { _ in nil } }
    let x = p.input(0)
    let indices = p.outputs.count > 1 ? p.outputs[1] : x.builder.apply(self, p.inputs, outputs: 2)[1]
    let dx = x.builder.zeros(like: x).apply(ScatterElements(axis: axis), indices, seed)
    return [dx] + p.inputs.dropFirst().map { _ in nil }
  }

  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel {
    let extents = try AxisExtents(site.input(0).sizes, axis: axis)
    let sizes = site.outputs.lazy.compactMap { $0?.sizes }.first ?? []
    let k = try AxisExtents(sizes, axis: axis).n
    try require(k <= extents.n, "cannot choose \(k) of \(extents.n) elements")
    let hasValues = site.outputs.first.map { $0 != nil } ?? false
    let hasIndices = site.outputs.count > 1 && site.outputs[1] != nil
    // Without a place for the indices they go to scratch memory.
    let own = Int(ck_top_k_scratch(k, Int32(site.threads)))
    let indexBytes = hasIndices ? 0 : sizes.reduce(8, *)
    // Every element may sink through the heap of the best.
    let flops = saturatingProduct(4, site.input(0).count, 1 + Int.bitWidth - k.leadingZeroBitCount)
    switch site.input(0).scalar {
    case .float32:
      return Kernel("ck_top_k_f32", flops: flops, bytes: site.traffic, scratch: own + indexBytes) { [largest] b in
        let indices = hasIndices ? b.output(1) : b.scratch.map { ($0 + own).assumingMemoryBound(to: Int64.self) }
        ck_top_k_f32(
          hasValues ? b.output(0) : nil, indices, b.input(0), extents.outer, extents.n, extents.inner, k, largest,
          b.scratch)
      }
    case .int64:
      return Kernel("ck_top_k_i64", flops: flops, bytes: site.traffic, scratch: own + indexBytes) { [largest] b in
        let indices = hasIndices ? b.output(1) : b.scratch.map { ($0 + own).assumingMemoryBound(to: Int64.self) }
        ck_top_k_i64(
          hasValues ? b.output(0) : nil, indices, b.input(0), extents.outer, extents.n, extents.inner, k, largest,
          b.scratch)
      }
    default:
      return try site.widened(operands: [0], results: [0], unsigned: .byOrder) { site throws(ShapeError) in
        try bind(site)
      }
    }
  }
}
