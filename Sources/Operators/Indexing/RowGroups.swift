import CKernels
import Graphs
import Tensors

/// Groups of equal rows, each called by its first: y_i = min {j : x_j = x_i}.
///
/// Input: x, integers [N, L]. Output: int64 [N], as `ProductSigmoidLoss` takes groups.
public struct RowGroups: Operator {
  public init() {}

  public static let onnx = [ONNXForm<Self>("RowGroups", domain: Catalogue.domain, since: 1, inputs: 1)]

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] {
    try require(x[0].scalar == .int64 || x[0].scalar == .int32, "x must be i64 or i32, not \(x[0].scalar)")
    try require(x[0].shape.rank == 2, "x is \(x[0].shape), not a matrix")
    return [TensorType(.int64, [x[0].shape[0]])]
  }

  public func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    guard let x = inputs.first, let x else { return nil }
    let areEqual = x.unsqueezed([1]).equal(to: x.unsqueezed([0])).cast(to: .float32).min([2])
    return [areEqual.argmax(axis: 1)]
  }

  public func gradient(_ p: Pullback) -> [Tensor?] { [nil] }

  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel {
    let x = site.input(0)
    let (rows, rowBytes) = (Int64(x.sizes[0]), Int64(x.sizes[1] * x.scalar.size))
    return Kernel(
      "ck_row_groups", flops: x.count, bytes: site.traffic, scratch: Int(ck_row_groups_scratch(rows))
    ) { b in ck_row_groups(b.output(), b.rawInput(0), rows, rowBytes, b.scratch) }
  }
}

extension Tensor {
  /// For every row the first one that equals it. Integers [N, L] → int64 [N]
  public func rowGroups() -> Tensor { apply(RowGroups()) }

  /// Every row's place taken by the mean of its group. [N, E] → [N, E]
  ///
  /// - Parameter groups: int64 [N], at least 0 and below N.
  public func groupMeans(_ groups: Tensor) -> Tensor {
    let rows = groups.unsqueezed([1])
    func sums(_ x: Tensor) -> Tensor {
      builder.zeros(like: x).scatterND(rows, x, adding: true).gather(groups, axis: 0)
    }
    let one = rows.equal(to: rows).cast(to: scalar)
    return sums(self) / sums(one)
  }
}
