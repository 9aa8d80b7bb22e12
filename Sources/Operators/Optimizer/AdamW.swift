import CKernels
import Graphs
import Tensors

/// One update by AdamW (Loshchilov and Hutter 2019), as torch.optim.AdamW computes it.
///
///     m′ = β₁ m + (1 − β₁) g      v′ = β₂ v + (1 − β₂) g²
///     p′ = p (1 − η λ) − η / (1 − β₁ᵗ) · m′ / (√v′ / √(1 − β₂ᵗ) + ε)
///
/// Inputs: p, g, m, v (of one shape), step t (int64, counted from 1), the float scalars learning rate η, β₁, β₂, ε and weight
/// decay λ, and optionally indices: g then is that of the rows of p [rows, …] at them, [indices…, …], and is added up where a
/// row was read several times. Rows that were not read have the gradient 0. Outputs: p′, m′, v′.
///
/// 1 − β is taken to seven decimals: single precision holds 0.999 as 0.99900001, whose complement is off by 10⁻⁵ of itself.
public struct AdamW: Operator {
  public init() {}

  public static let onnx = [
    ONNXForm<Self>("AdamW", domain: Catalogue.domain, since: 1, inputs: Arity(10...11), outputs: 3)
  ]

  private static let decimals: Float = 1e7

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] {
    try requireOneFloatType(x, [0, 1, 2, 3, 5, 6, 7, 8, 9])
    for (index, what) in [(2, "m"), (3, "v")] {
      try requireEqual(x[index].shape, x[0].shape, what, "the parameter")
    }
    if x.has(10) {
      _ = try x[10].scalar.indexType()
      try require(x[0].shape.rank >= 1, "the parameter is a scalar, and has no rows")
      let read = Shape(x[10].shape.dimensions + x[0].shape.dimensions.dropFirst())
      try requireEqual(x[1].shape, read, "the gradient", "the rows that were read")
    } else {
      try requireEqual(x[1].shape, x[0].shape, "the gradient", "the parameter")
    }
    try require(x[4].scalar == .int64, "the step must be i64, not \(x[4].scalar)")
    for index in 4...9 {
      try require(x[index].shape.rank == 0, "input \(index) must be a scalar, not \(x[index].shape)")
    }
    return [x[0], x[0], x[0]]
  }

  public func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    let x = inputs.compactMap { $0 }
    guard (10...11).contains(x.count) else { return nil }
    let (p, m, v, rate, epsilon, decay) = (x[0], x[2], x[3], x[5], x[8], x[9])
    let g = x.count > 10 ? x[1].gatherGradient(indices: x[10], like: p, axis: 0) : x[1]
    func complement(_ beta: Tensor) -> Tensor { ((1 - beta) * AdamW.decimals + 0.5).floor() / AdamW.decimals }
    let (c1, c2) = (complement(x[6]), complement(x[7]))
    let (beta1, beta2) = (1 - c1, 1 - c2)
    let step = x[4].cast(to: .float32)
    let first = m * beta1 + g * c1
    let second = v * beta2 + g * g * c2
    let correction = (1 - beta2.pow(step)).squareRoot()
    let size = rate / (1 - beta1.pow(step))
    let update = first / (second.squareRoot() / correction + epsilon)
    return [p * (1 - rate * decay) - update * size, first, second]
  }

  /// An update is the end of a training step.
  public func gradient(_ p: Pullback) -> [Tensor?] { p.inputs.map { _ in nil } }

  /// β as the decimal number that was meant.
  private static func decimal(_ beta: Float) -> Double {
    1 - ((1 - Double(beta)) * Double(decimals) + 0.5).rounded(.down) / Double(decimals)
  }

  /// The scalars while it runs.
  private static func scalars(_ b: Buffers) -> ck_adamw {
    func scalar(_ index: Int) -> Float { b.input(index, as: Float.self)?.pointee ?? 0 }
    return ck_adamw(
      learning_rate: Double(scalar(5)), beta1: decimal(scalar(6)), beta2: decimal(scalar(7)),
      epsilon: Double(scalar(8)), weight_decay: Double(scalar(9)),
      step: Double(b.input(4, as: Int64.self)?.pointee ?? 1))
  }

  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel {
    try site.requireFloat32(0, 1, 2, 3, 5, 6, 7, 8, 9, kernel: name)
    let count = Int64(site.input(0).count)
    let inPlace: [Kernel.InPlace] = [
      .init(output: 0, input: 0), .init(output: 1, input: 2), .init(output: 2, input: 3),
    ]
    if site.has(10) { return try bindRows(site, inPlace) }
    return Kernel(
      "ck_adamw_f32", flops: saturatingProduct(15, site.input(0).count), bytes: site.traffic, inPlace: inPlace
    ) { b in
      withUnsafePointer(to: AdamW.scalars(b)) {
        ck_adamw_f32(b.output(0), b.output(1), b.output(2), b.input(0), b.input(1), b.input(2), b.input(3), count, $0)
      }
    }
  }

  private func bindRows(_ site: CallSite, _ inPlace: [Kernel.InPlace]) throws(ShapeError) -> Kernel {
    let indices = site.input(10)
    let type = try indices.scalar.indexType()
    let extents = try AxisExtents(site.input(0).sizes, axis: 0)
    let count = Int64(indices.count)
    return Kernel(
      "ck_adamw_rows_f32", flops: saturatingProduct(15, site.input(0).count), bytes: site.traffic,
      scratch: Int(ck_adamw_rows_scratch(extents.n, count, extents.inner, Int32(clamping: site.threads))),
      inPlace: inPlace,
      check: { b in
        let position = ck_indices_out_of_range(b.rawInput(10), type, count, extents.n)
        return position < 0 ? nil : IndexCheck.complaint(b.rawInput(10), type, position, limit: extents.n)
      }
    ) { b in
      withUnsafePointer(to: AdamW.scalars(b)) {
        ck_adamw_rows_f32(
          b.output(0), b.output(1), b.output(2), b.input(0), b.input(1), b.input(2), b.input(3), b.rawInput(10), type,
          extents.n, count, extents.inner, $0, b.scratch)
      }
    }
  }
}

extension Tensor {
  /// One AdamW update of self; all hyper-parameters are scalars of the graph, the step counts from 1. With `indices`, the
  /// gradient is that of the rows of self that were read there.
  public func adamW(
    gradient: Tensor, m: Tensor, v: Tensor, step: Tensor, learningRate: Tensor, beta1: Tensor, beta2: Tensor,
    epsilon: Tensor, weightDecay: Tensor, indices: Tensor? = nil
  ) -> (p: Tensor, m: Tensor, v: Tensor) {
    let inputs = [self, gradient, m, v, step, learningRate, beta1, beta2, epsilon, weightDecay]
    let results = builder.apply(AdamW(), inputs + [indices].compactMap { $0 }, outputs: 3)
    return (results[0], results[1], results[2])
  }
}
