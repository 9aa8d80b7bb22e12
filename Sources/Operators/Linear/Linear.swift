import CKernels
import Graphs
import Tensors

/// A linear layer with its end fused into the product:
///
///     pre = x [..., K] · W + bias [N];   y = activation(pre) + residual [..., N]
///
/// W is [K, N], or [N, K] when `transposed`. Inputs: x, weight, bias (optional), residual (optional). The second output is
/// `pre`; it exists only where there is an activation.
public struct Linear: Operator {
  public var transposed = false
  public var activation = Activation.none
  /// Whether rows 2 i and 2 i + 1 of x's last axis but one may be computed together, by Strassen's method: 7
  /// multiplications for 8 where the product is large and W constant. How they are rounded then depends on both; what
  /// other rows are in x makes no difference.
  public var strassen = false

  public init() {}
  public init(transposed: Bool, activation: Activation = .none) {
    (self.transposed, self.activation) = (transposed, activation)
  }

  public static let onnx = [
    ONNXForm<Self>(
      "Linear", domain: Catalogue.domain, since: 1, inputs: Arity(2...4), outputs: Arity(1...2),
      ["transposed": .bool(\.transposed), "activation": .name(\.activation), "strassen": .bool(\.strassen)])
  ]

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] {
    try requireOneFloatType(x, [0, 1, 2, 3])
    try require(x[0].shape.rank >= 1, "x must have at least one axis")
    try require(x[1].shape.rank == 2, "the weight is \(x[1].shape), but must be a matrix")
    let result = try MatrixProduct.infer(x[0], x[1], transposeB: transposed)
    if x.has(2) { try requireEqual(x[2].shape, [x[1].shape[transposed ? 0 : 1]], "the bias", "the width") }
    if x.has(3) { try requireEqual(x[3].shape, result.shape, "the residual", "the product") }
    if activation == .none {
      try require(x.outputCount == 1, "has no pre-activation to give without an activation")
      return [result]
    }
    return [result, result]
  }

  public func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    guard inputs.count >= 2, let x = inputs[0], let weight = inputs[1] else { return nil }
    var pre = x.matmul(transposed ? weight.transposed() : weight)
    if inputs.count > 2, let bias = inputs[2] { pre = pre + bias }
    var y = pre.activated(activation)
    if inputs.count > 3, let residual = inputs[3] { y = y + residual }
    return activation == .none ? [y] : [y, pre]
  }

  public func gradient(_ p: Pullback) -> [Tensor?] {
    if p.seeds.count > 1, p.seeds[1] != nil { return p.gradientOfDefinition(self) }
    let (x, weight, dy) = (p.input(0), p.input(1), p.seed)
    if x.rank == 1 { return p.gradientOfDefinition(self) }
    var dpre = dy
    if activation != .none {
      let pre =
        p.outputs.count > 1
        ? p.output(1)
        : x.linear(weight, bias: p.inputs.count > 2 ? p.inputs[2] : nil, transposed: transposed)
      dpre = pre.activationGradient(activation, dy)
    }
    let dx = p.wants(0) ? dpre.matmul(transposed ? weight : weight.transposed()) : nil
    var dweight: Tensor?
    if p.wants(1) {
      dweight =
        transposed
        ? dpre.rows().transposed().matmul(x.rows()) : x.rows().transposed().matmul(dpre.rows())
    }
    let dbias = p.wants(2) ? dpre.sum(Array(0..<dpre.rank - 1), keepDimensions: false) : nil
    return Array([dx, dweight, dbias, p.wants(3) ? dy : nil].prefix(p.inputs.count))
  }

  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel {
    try site.requireFloat32(0, 1, 2, 3, kernel: name)
    var product = try MatrixProduct(site.input(0).sizes, site.input(1).sizes, transposeB: transposed)
    if strassen { product.useStrassen(site) }
    let packings = product.packings(site, input: 1)
    var kernel = Kernel(
      "ck_gemm_f32", flops: product.flops, bytes: site.traffic,
      inPlace: site.has(3) && activation == .none ? [.init(input: 3)] : []
    ) { [product, activation = activation.kernel, hasPre = site.outputs.count > 1] b in
      let epilogue = ck_epilogue(
        bias: b.input(2), activation: activation, residual: b.input(3), pre_activation: hasPre ? b.output(1) : nil)
      withUnsafePointer(to: epilogue) { product.run(b.output(), b.input(0), b.input(1), $0, scratch: b.scratch) }
    }
    (kernel.packings, kernel.scratch) = (packings, product.scratchByteCount)
    if product.takesAnyAddress { kernel.anyAddress = [1] }
    return kernel
  }
}

extension Tensor {
  /// activation(self [..., K] · weight + bias) + residual; the weight is [K, N], or [N, K] when `transposed`.
  public func linear(
    _ weight: Tensor, bias: Tensor? = nil, residual: Tensor? = nil, transposed: Bool = false,
    activation: Activation = .none
  ) -> Tensor {
    builder.apply(Linear(transposed: transposed, activation: activation), [self, weight, bias, residual])
  }

  /// The same, and what the activation was applied to.
  public func linearWithPreActivation(
    _ weight: Tensor, bias: Tensor? = nil, residual: Tensor? = nil, transposed: Bool = false, activation: Activation
  ) -> (output: Tensor, preActivation: Tensor) {
    let results = builder.apply(
      Linear(transposed: transposed, activation: activation), [self, weight, bias, residual], outputs: 2)
    return (results[0], results[1])
  }
}
