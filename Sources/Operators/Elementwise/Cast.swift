import CKernels
import Graphs
import Tensors

/// Converts elements to another type: towards integers truncates, towards Booleans gives x ≠ 0.
public struct Cast: Elaborated {
  public var to = ScalarType.float32
  /// What a file asks for where that is integers of four bits, held by `to`: `elaboration` makes them.
  public var fourBit: FourBitInteger?

  public init() {}
  public init(to: ScalarType) { self.to = to }

  public static let onnx = [
    ONNXForm<Self>(
      "Cast", since: 24, inputs: 1,
      [
        "to": .fourBit(\.fourBit, or: .scalarType(\.to)), "saturate": .fixed(.int(1)),
        "round_mode": .fixed(.string("up")),
      ]),
    ONNXForm<Self>(
      "Cast", since: 19, inputs: 1,
      ["to": .fourBit(\.fourBit, or: .scalarType(\.to)), "saturate": .fixed(.int(1))]),
    ONNXForm<Self>("Cast", since: 6, inputs: 1, ["to": .scalarType(\.to)]),
  ]

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] { [TensorType(to, x[0].shape)] }

  public func contents(_ x: Operands) -> [[Dimension]?] { [Conversion.contents(x.contents(of: 0), to: to)] }

  /// Extents that a file computes in floating point, as those of a scaled image, are known numbers.
  public func elaboration(_ inputs: [Tensor?], outputs: Int) -> [Tensor]? {
    if let fourBit, let x = inputs.first, let x { return [x.wrapped(to: fourBit)] }
    guard let x = inputs.first, let x, x.scalar.isFloat, to == .int64 || to == .int32, x.rank <= 1, x.contents == nil,
      let count = x.shape.elementCount.constant, count <= Operands.contentsLimit, let numbers = x.evaluated?.doubles,
      numbers.allSatisfy({ abs($0) < 0x1p31 })
    else { return nil }
    let whole = numbers.map { Int64($0) }
    let sizes = x.shape.sizes ?? []
    return [x.builder.constant(to == .int64 ? NDArray(whole, sizes) : NDArray(whole.map { Int32($0) }, sizes))]
  }

  public func gradient(_ p: Pullback) -> [Tensor?] { [Conversion.gradient(p)] }

  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel { try Conversion.bind(site) }
}

/// Converts elements to the type of a second tensor's.
public struct CastLike: Elaborated {
  public init() {}

  public static let onnx = [
    ONNXForm<Self>(
      "CastLike", since: 24, inputs: 2, ["saturate": .fixed(.int(1)), "round_mode": .fixed(.string("up"))]),
    ONNXForm<Self>("CastLike", since: 19, inputs: 2, ["saturate": .fixed(.int(1))]),
    ONNXForm<Self>("CastLike", since: 15, inputs: 2),
  ]

  public func infer(_ x: Operands) throws(ShapeError) -> [TensorType] { [TensorType(x[1].scalar, x[0].shape)] }

  public func contents(_ x: Operands) -> [[Dimension]?] {
    [Conversion.contents(x.contents(of: 0), to: x[1].scalar)]
  }

  public func elaboration(_ inputs: [Tensor?], outputs: Int) -> [Tensor]? {
    guard inputs.count == 2, let x = inputs[0], let fourBit = inputs[1]?.fourBit else { return nil }
    return [x.wrapped(to: fourBit)]
  }

  public func definition(_ inputs: [Tensor?]) -> [Tensor]? {
    guard inputs.count == 2, let x = inputs[0], let like = inputs[1] else { return nil }
    return [x.cast(to: like.scalar)]
  }

  public func gradient(_ p: Pullback) -> [Tensor?] { [Conversion.gradient(p), nil] }

  public func bind(_ site: CallSite) throws(ShapeError) -> Kernel { try Conversion.bind(site) }
}

private enum Conversion {
  static func contents(_ values: [Dimension]?, to type: ScalarType) -> [Dimension]? {
    guard let values else { return nil }
    switch type {
    case .int64: return values
    case .int32: return values.allSatisfy { Int32(exactly: $0.constant ?? 0) != nil } ? values : nil
    case .bool:
      let numbers = values.compactMap(\.constant)
      return numbers.count == values.count ? numbers.map { $0 == 0 ? 0 : 1 } : nil
    default: return nil
    }
  }

  static func gradient(_ p: Pullback) -> Tensor? {
    p.input(0).scalar.isFloat ? p.seed.cast(to: p.input(0).scalar) : nil
  }

  static func bind(_ site: CallSite) throws(ShapeError) -> Kernel {
    let (from, to) = (site.input(0).scalar, site.output().scalar)
    if from == to { return .view(of: 0) }
    let (source, target) = (from.kernelType, to.kernelType)
    let count = Int64(site.output().count)
    return Kernel("ck_cast", bytes: site.traffic) { b in ck_cast(b.rawOutput(), target, b.rawInput(0), source, count) }
  }
}

extension Tensor {
  /// Elements in another type; this tensor itself where it has that type already.
  public func cast(to scalar: ScalarType) -> Tensor { self.scalar == scalar ? self : apply(Cast(to: scalar)) }

  /// Integers of four bits as ONNX's Cast makes them: fractions are cut off, and higher bits discarded.
  func wrapped(to type: FourBitInteger) -> Tensor {
    let least = builder.constant(NDArray(type == .int4 ? -8 : 0 as Int32))
    let remainder = (cast(to: .int32) - least).modulo(builder.constant(NDArray(16 as Int32)))
    return (remainder + least).cast(to: type.holder).holding(type)
  }
}
