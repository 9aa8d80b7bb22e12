import Graphs
import Operators
import Tensors

/// Flatten is a Reshape.
struct FlattenAsReshape: RewriteRule {
  let roots: [any Operator.Type] = [Flatten.self]

  func rewrite(_ site: RewriteSite) -> Replacement? {
    guard let x = site.input(0), let y = site.output() else { return nil }
    return site.replaced(by: x.reshaped(asTypeOf: y))
  }
}

/// A Reshape whose target is computed, or is written in another way, gets numbers: 0 where an extent stays in its place, at
/// most one −1.
struct ReshapeByNumbers: RewriteRule {
  let roots: [any Operator.Type] = [Reshape.self]

  func rewrite(_ site: RewriteSite) -> Replacement? {
    guard let x = site.input(0), let shape = site.input(1), let y = site.output(), let op = site.op(Reshape.self),
      let target = Tensor.reshapeTarget(from: x.shape, to: y.shape)
    else { return nil }
    if !op.allowZero, let numbers = shape.numbers?.integers, numbers == target { return nil }
    return site.replaced(by: x.reshaped(shape: x.builder.constant(target)))
  }
}

/// Small whole powers and the square root, as products and Sqrt.
struct PowerAsProduct: RewriteRule {
  let roots: [any Operator.Type] = [Pow.self]

  func rewrite(_ site: RewriteSite) -> Replacement? {
    guard let x = site.input(0), x.scalar.isFloat, let exponent = site.input(1)?.scalarNumber else { return nil }
    switch exponent {
    case 0.5: return site.replaced(by: x.squareRoot())
    case 1: return site.replaced(by: x)
    case 2: return site.replaced(by: x * x)
    case 3: return site.replaced(by: x * x * x)
    default: return nil
    }
  }
}

/// x · (1 / y) is x / y.
struct ReciprocalAsDivision: RewriteRule {
  let roots: [any Operator.Type] = [Mul.self]

  func rewrite(_ site: RewriteSite) -> Replacement? {
    for (position, other) in [(0, 1), (1, 0)] {
      guard let x = site.input(position), let inverse = site.maker(site.input(other), Reciprocal.self),
        let y = inverse.site.input(0), y.numbers == nil, let read = site.input(other), site.isReadOnce(read)
      else { continue }
      return site.replaced(by: x / y)
    }
    return nil
  }
}

/// A tensor of equal numbers is one number, repeated.
struct ConstantOfShapeAsExpand: RewriteRule {
  let roots: [any Operator.Type] = [ConstantOfShape.self]

  func rewrite(_ site: RewriteSite) -> Replacement? {
    guard let op = site.op(ConstantOfShape.self), let shape = site.input(0), let y = site.output(),
      y.scalar == .float32, shape.contents != nil, shape.numbers == nil
    else { return nil }
    let value = op.value?.values(as: Float.self).first ?? 0
    return site.replaced(by: site.builder.constant(value).expanded(shape: shape))
  }
}

/// Conditions that hold anyway.
struct RemoveTrue: RewriteRule {
  let roots: [any Operator.Type] = [And.self]

  func rewrite(_ site: RewriteSite) -> Replacement? {
    guard let y = site.output() else { return nil }
    for (position, other) in [(0, 1), (1, 0)] {
      guard let x = site.input(position), x.type == y.type,
        site.input(other)?.numbers?.integers?.allSatisfy({ $0 != 0 }) == true
      else { continue }
      return site.replaced(by: x)
    }
    return nil
  }
}

/// A Cast to the type of another value is one to a type.
struct CastLikeAsCast: RewriteRule {
  let roots: [any Operator.Type] = [CastLike.self]

  func rewrite(_ site: RewriteSite) -> Replacement? {
    guard let x = site.input(0), let y = site.output() else { return nil }
    return site.replaced(by: x.cast(to: y.scalar))
  }
}

extension Tensor {
  /// The numbers for a Reshape between these shapes: extents where they are known, 0 for a symbol that stays in its place, one
  /// −1. nil where that does not say it.
  static func reshapeTarget(from source: Shape, to target: Shape) -> [Int]? {
    var numbers: [Int] = []
    for (axis, extent) in target.dimensions.enumerated() {
      if let number = extent.constant {
        if number == 0 { return nil }
        numbers.append(number)
      } else if axis < source.rank, source[axis] == extent {
        numbers.append(0)
      } else {
        numbers.append(-1)
      }
    }
    return numbers.count { $0 == -1 } <= 1 ? numbers : nil
  }

  /// Reshaped to the type of another tensor, where numbers alone say so.
  func reshaped(asTypeOf other: Tensor) -> Tensor? {
    Tensor.reshapeTarget(from: shape, to: other.shape).map { reshaped(shape: builder.constant($0)) }
  }
}
