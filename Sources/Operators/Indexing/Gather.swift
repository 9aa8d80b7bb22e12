import CKernels
import Graphs
import Tensors

/// Slices of x along an axis, at integer indices: y[…, i₀, i₁, …, …] = x[…, indices[i₀, i₁, …], …].
public struct Gather: Operator {
  public var axis = 0

  public init() {}
  public init(axis: Int) { self.axis = axis }

  public static let onnx = [ONNXForm<Self>("Gather", since: 1, inputs: 2, ["axis": .int(\.axis)])]

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] {
    let (shape, indices) = (x[0].shape, x[1])
    try require(indices.scalar.isInteger, "indices must be integers, not \(indices.scalar)")
    let axis = try shape.axis(axis)
    if let extent = shape[axis].constant {
      for index in x.contents(of: 1) ?? [] {
        guard let number = index.constant else { continue }
        try require(number >= -extent && number < extent, "index \(number) is outside of axis \(axis) of \(shape)")
      }
    }
    let dimensions = shape.dimensions
    return [TensorType(x[0].scalar, Shape(dimensions[..<axis] + indices.shape.dimensions + dimensions[(axis + 1)...]))]
  }

  public func contents(_ x: Operands) -> [[Dimension]?] {
    guard x[0].shape.rank == 1, let values = x.contents(of: 0), let indices = x.numbers(of: 1) else { return [nil] }
    let positions = indices.map { $0 < 0 ? $0 + values.count : $0 }
    return [positions.allSatisfy { values.indices.contains($0) } ? positions.map { values[$0] } : nil]
  }

  public func gradient(_ p: Pullback) -> [Tensor?] {
    [p.seed.gatherGradient(indices: p.input(1), like: p.input(0), axis: axis), nil]
  }

  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel {
    let (source, indices) = (site.input(0), site.input(1))
    let axis = try Shape(source.sizes).axis(axis)
    let type = try indices.scalar.indexType()
    let outer = Int64(source.sizes[..<axis].reduce(1, *))
    let inner = Int64(source.sizes[(axis + 1)...].reduce(1, *))
    let (extent, count) = (Int64(source.sizes[axis]), Int64(indices.count))
    let size = Int32(source.scalar.size)
    return Kernel(
      "ck_gather", bytes: 2 * site.output().byteCount + indices.byteCount,
      check: { b in
        let position = ck_indices_out_of_range(b.rawInput(1), type, count, extent)
        return position < 0 ? nil : IndexCheck.complaint(b.rawInput(1), type, position, limit: extent)
      },
      run: { b in ck_gather(b.rawOutput(), b.rawInput(0), b.rawInput(1), type, outer, extent, count, inner, size) })
  }
}

extension Tensor {
  /// Slices along `axis` at integer indices, whose shape takes the axis's place.
  public func gather(_ indices: Tensor, axis: Int) -> Tensor { apply(Gather(axis: axis), indices) }
}
