import CKernels
import Graphs
import Tensors

/// x repeated along every axis, as often as an int64 vector says.
public struct Tile: Operator {
  public init() {}

  public static let onnx = [ONNXForm<Self>("Tile", since: 6, inputs: 2)]

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] {
    let repeats = try x.known(1, "the number of repetitions")
    let shape = x[0].shape
    try require(repeats.count == shape.rank, "\(repeats.count) repetitions are given for \(shape)")
    for count in repeats { try require((count.constant ?? 0) >= 0, "cannot repeat \(count) times") }
    return [TensorType(x[0].scalar, Shape(zip(shape.dimensions, repeats).map { $0 * $1 }))]
  }

  /// dy seen as [r₀, d₀, r₁, d₁, …], summed over the repetitions.
  public func gradient(_ p: Pullback) -> [Tensor?] {
    let x = p.input(0)
    guard let repeats = p.input(1).contents else { return [nil, nil] }
    let repeated = repeats.indices.filter { repeats[$0] != 1 }
    var interleaved: [Dimension] = []
    var axes: [Int] = []
    for axis in repeats.indices {
      if repeated.contains(axis) {
        axes.append(interleaved.count)
        interleaved.append(repeats[axis])
      }
      interleaved.append(x.shape[axis])
    }
    if axes.isEmpty { return [p.seed, nil] }
    let vector = x.builder.shapeVector(interleaved, from: [x, p.seed])
    return [p.seed.reshaped(shape: vector).sum(axes, keepDimensions: false), nil]
  }

  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel {
    let (source, out) = (site.input(0), site.output())
    if source.count == out.count { return .view(of: 0) }
    let (inStrides, outStrides) = (denseStrides(source.sizes), denseStrides(out.sizes))
    var sizes: [Int] = []
    var from: [Int64] = []
    var to: [Int64] = []
    for axis in source.sizes.indices where source.sizes[axis] > 0 {
      sizes += [out.sizes[axis] / source.sizes[axis], source.sizes[axis]]
      from += [0, inStrides[axis]]
      to += [outStrides[axis] * Int64(source.sizes[axis]), outStrides[axis]]
    }
    let plan = try stridedPlan(
      out.count == 0 ? [0] : sizes, out: out.count == 0 ? [1] : to, in: out.count == 0 ? [1] : from)
    let size = Int32(out.scalar.size)
    return Kernel("ck_copy_strided", bytes: site.traffic) { b in
      withUnsafePointer(to: plan) { ck_copy_strided(b.rawOutput(), b.rawInput(0), $0, size) }
    }
  }
}

extension Tensor {
  public func tiled(_ repeats: [Int]) -> Tensor { apply(Tile(), builder.constant(repeats)) }
}
