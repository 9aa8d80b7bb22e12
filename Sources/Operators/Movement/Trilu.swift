import Graphs
import Tensors

/// The upper (or lower) triangle of the matrices in the last two axes, from `diagonal` on; zeros elsewhere.
public struct Trilu: Operator {
  public var upper = true
  public var diagonal = 0

  public init() {}
  public init(upper: Bool, diagonal: Int = 0) { (self.upper, self.diagonal) = (upper, diagonal) }

  public static let onnx = [
    ONNXForm<Self>(
      "Trilu", since: 14, inputs: 1, ["upper": .bool(\.upper)],
      constantInputs: [(1, "k", .oneInt(\.diagonal))])
  ]

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] {
    try require(x[0].shape.rank >= 2, "\(x[0].shape) holds no matrices")
    return [x[0]]
  }

  public func gradient(_ p: Pullback) -> [Tensor?] { [p.seed.apply(self)] }

  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel {
    let sizes = site.output().sizes
    let (rows, columns) = (sizes[sizes.count - 2], sizes[sizes.count - 1])
    let matrices = sizes.dropLast(2).reduce(1, *)
    let size = site.output().scalar.size
    let shift = max(min(diagonal, columns), -rows)
    return Kernel("trilu", bytes: site.traffic) { [upper] b in
      guard let out = b.rawOutput(), let x = b.rawInput(0) else { return }
      for row in 0..<matrices * rows {
        let cut = min(max(row % rows + shift + (upper ? 0 : 1), 0), columns)
        let (start, end) = upper ? (cut, columns) : (0, cut)
        let line = row * columns * size
        (out + line).initializeMemory(as: UInt8.self, repeating: 0, count: start * size)
        (out + line + start * size).copyMemory(from: x + line + start * size, byteCount: (end - start) * size)
        (out + line + end * size).initializeMemory(as: UInt8.self, repeating: 0, count: (columns - end) * size)
      }
    }
  }
}

extension Tensor {
  /// The upper or lower triangle of the last two axes.
  public func trilu(upper: Bool, diagonal: Int = 0) -> Tensor { apply(Trilu(upper: upper, diagonal: diagonal)) }
}
