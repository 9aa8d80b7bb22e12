import CKernels
import Graphs
import Tensors

/// The product of matrices, as numpy.matmul: [..., M, K] × [..., K, N] → [..., M, N], batch axes broadcast.
public struct MatMul: Operator {
  public init() {}

  public static let onnx = [
    ONNXForm<Self>("MatMul", since: 13, inputs: 2),
    ONNXForm<Self>("MatMul", since: 1, inputs: 2),
  ]

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] { [try MatrixProduct.infer(x[0], x[1])] }

  /// dA = dY · Bᵀ and dB = Aᵀ · dY, summed over broadcast batch axes. A shared matrix gets one product over all rows.
  public func gradient(_ p: Pullback) -> [Tensor?] {
    var (a, b, dy) = (p.input(0), p.input(1), p.seed)
    if a.rank == 1 {
      a = a.unsqueezed([0])
      dy = dy.unsqueezed([b.rank == 1 ? dy.rank : dy.rank - 1])
    }
    if b.rank == 1 {
      b = b.unsqueezed([1])
      dy = dy.unsqueezed([dy.rank])
    }
    func shaped(_ gradient: Tensor, like input: Tensor, vectorAxis: Int) -> Tensor {
      if input.rank > 1 { return gradient.sum(like: input) }
      let matrix = gradient.rank > 2 ? gradient.sum(Array(0..<gradient.rank - 2), keepDimensions: false) : gradient
      return matrix.squeezed([vectorAxis])
    }
    let da = p.wants(0) ? shaped(dy.matmul(b.transposed()), like: p.input(0), vectorAxis: 0) : nil
    guard p.wants(1) else { return [da, nil] }
    let product = b.rank == 2 ? a.rows().transposed().matmul(dy.rows()) : a.transposed().matmul(dy)
    return [da, shaped(product, like: p.input(1), vectorAxis: 1)]
  }

  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel {
    let product = try MatrixProduct(site.input(0).sizes, site.input(1).sizes)
    switch site.output().scalar {
    case .int32, .uint32:
      return Kernel("ck_gemm_u32", flops: product.flops, bytes: site.traffic) { b in
        product.withSizes { ck_gemm_u32(b.output(), b.input(0), b.input(1), $0, $1) }
      }
    case .int64, .uint64:
      return Kernel("ck_gemm_u64", flops: product.flops, bytes: site.traffic) { b in
        product.withSizes { ck_gemm_u64(b.output(), b.input(0), b.input(1), $0, $1) }
      }
    default:
      try site.requireFloat32(0, 1, kernel: name)
      return product.kernel(site)
    }
  }
}

extension Tensor {
  /// The matrix product. [..., M, K] × [..., K, N] → [..., M, N]
  public func matmul(_ b: Tensor) -> Tensor { builder.apply(MatMul(), [self, b]) }

  /// All axes but the last as one. [..., D] → [rows, D]
  func rows() -> Tensor { rank == 2 ? self : flattened(axis: rank - 1) }
}
