import Graphs
import Tensors

/// Operators for these tests: exact in small numbers, with and without sharing of memory.

private func body(
  _ name: String, inPlace: [Kernel.InPlace] = [], scratch: Int = 0, _ run: @escaping @Sendable (Buffers) -> Void
)
  -> Kernel
{
  Kernel(name, flops: 1, bytes: 8, scratch: scratch, inPlace: inPlace, run: run)
}

private typealias F = UnsafePointer<Float>

/// y = a + b, over either.
struct Plus: Operator {
  static let onnx = [ONNXForm<Self>("Plus", domain: "test", since: 1, inputs: 2)]
  func infer(_ x: Operands) throws(ShapeError) -> [TensorType] {
    try require(x[0] == x[1], "\(x[0]) and \(x[1]) differ")
    return [x[0]]
  }
  func bind(_ site: CallSite) -> Kernel {
    let count = site.output().count
    return body("plus", inPlace: [.init(input: 0), .init(input: 1)]) { b in
      guard let x: F = b.input(0), let z: F = b.input(1), let y: UnsafeMutablePointer<Float> = b.output() else {
        return
      }
      for i in 0..<count { y[i] = x[i] + z[i] }
    }
  }
}

/// y = 3 − x, over x.
struct Flip: Operator {
  static let onnx = [ONNXForm<Self>("Flip", domain: "test", since: 1, inputs: 1)]
  func infer(_ x: Operands) -> [TensorType] { [x[0]] }
  func bind(_ site: CallSite) -> Kernel {
    let count = site.output().count
    return body("flip", inPlace: [.init(input: 0)]) { b in
      guard let x: F = b.input(0), let y: UnsafeMutablePointer<Float> = b.output() else { return }
      for i in 0..<count { y[i] = 3 - x[i] }
    }
  }
}

/// y = x backwards, by way of scratch memory; not in place.
struct Backwards: Operator {
  static let onnx = [ONNXForm<Self>("Backwards", domain: "test", since: 1, inputs: 1)]
  func infer(_ x: Operands) -> [TensorType] { [x[0]] }
  func bind(_ site: CallSite) -> Kernel {
    let count = site.output().count
    return body("backwards", scratch: count * 4) { b in
      guard let x: F = b.input(0), let y: UnsafeMutablePointer<Float> = b.output(),
        let s = b.scratch?.assumingMemoryBound(to: Float.self)
      else { return }
      for i in 0..<count { s[i] = x[count - 1 - i] }
      for i in 0..<count { y[i] = s[i] }
    }
  }
}

/// [a] and [b] → [a + b].
struct Joined: Operator {
  static let onnx = [ONNXForm<Self>("Joined", domain: "test", since: 1, inputs: 2)]
  func infer(_ x: Operands) throws(ShapeError) -> [TensorType] {
    try require(x[0].shape.rank == 1 && x[1].shape.rank == 1, "wants vectors")
    return [TensorType(x[0].scalar, [x[0].shape[0] + x[1].shape[0]])]
  }
  func bind(_ site: CallSite) -> Kernel {
    let (n, m) = (site.input(0).count, site.input(1).count)
    return body("joined") { b in
      guard let x: F = b.input(0), let z: F = b.input(1), let y: UnsafeMutablePointer<Float> = b.output() else {
        return
      }
      for i in 0..<n { y[i] = x[i] }
      for i in 0..<m { y[n + i] = z[i] }
    }
  }
}

/// [n] → the first 8.
struct First: Operator {
  static let onnx = [ONNXForm<Self>("First", domain: "test", since: 1, inputs: 1)]
  func infer(_ x: Operands) -> [TensorType] { [TensorType(x[0].scalar, [8])] }
  func bind(_ site: CallSite) -> Kernel {
    body("first") { b in
      guard let x: F = b.input(0), let y: UnsafeMutablePointer<Float> = b.output() else { return }
      for i in 0..<8 { y[i] = x[i] }
    }
  }
}

/// [n] ↔ [1, n], without moving anything.
struct Seen: Operator {
  static let onnx = [ONNXForm<Self>("Seen", domain: "test", since: 1, inputs: 1)]
  func infer(_ x: Operands) -> [TensorType] {
    let shape = x[0].shape
    return [TensorType(x[0].scalar, shape.rank == 1 ? [1, shape[0]] : [shape[1]])]
  }
  func bind(_ site: CallSite) -> Kernel { .view(of: 0) }
}

/// x → (x + 1, 2 x), the first over x.
struct Both: Operator {
  static let onnx = [ONNXForm<Self>("Both", domain: "test", since: 1, inputs: 1, outputs: Arity(1...2))]
  func infer(_ x: Operands) -> [TensorType] { [x[0], x[0]] }
  func bind(_ site: CallSite) -> Kernel {
    let count = site.input(0).count
    let hasSecond = site.outputs.count > 1
    return body("both", inPlace: [.init(output: 0, input: 0)]) { b in
      guard let x: F = b.input(0), let y: UnsafeMutablePointer<Float> = b.output() else { return }
      let second: UnsafeMutablePointer<Float>? = hasSecond ? b.output(1) : nil
      for i in 0..<count {
        let value = x[i]
        second?[i] = 2 * value
        y[i] = value + 1
      }
    }
  }
}

/// p, m, g → (p − m', m') with m' = m / 2 + g, over p and m.
struct Momentum: Operator {
  static let onnx = [ONNXForm<Self>("Momentum", domain: "test", since: 1, inputs: 3, outputs: 2)]
  func infer(_ x: Operands) throws(ShapeError) -> [TensorType] {
    try require(x[0] == x[1] && x[0] == x[2], "\(x[0]), \(x[1]) and \(x[2]) differ")
    return [x[0], x[1]]
  }
  func bind(_ site: CallSite) -> Kernel {
    let count = site.input(0).count
    return body("momentum", inPlace: [.init(output: 0, input: 0), .init(output: 1, input: 1)]) { b in
      guard let p: F = b.input(0), let m: F = b.input(1), let g: F = b.input(2),
        let q: UnsafeMutablePointer<Float> = b.output(0), let n: UnsafeMutablePointer<Float> = b.output(1)
      else { return }
      for i in 0..<count {
        let moment = m[i] / 2 + g[i]
        q[i] = p[i] - moment
        n[i] = moment
      }
    }
  }
}

/// Elements of a vector by index; an index out of range is refused.
struct Picked: Operator {
  static let onnx = [ONNXForm<Self>("Picked", domain: "test", since: 1, inputs: 2)]
  func infer(_ x: Operands) -> [TensorType] { [TensorType(x[0].scalar, x[1].shape)] }
  func bind(_ site: CallSite) -> Kernel {
    let (size, count) = (site.input(0).count, site.output().count)
    return Kernel(
      "picked",
      check: { b in
        guard let indices: UnsafePointer<Int64> = b.input(1) else { return nil }
        for i in 0..<count where indices[i] < 0 || indices[i] >= size {
          return "index \(indices[i]) is outside of 0..<\(size)"
        }
        return nil
      },
      run: { b in
        guard let x: F = b.input(0), let indices: UnsafePointer<Int64> = b.input(1),
          let y: UnsafeMutablePointer<Float> = b.output()
        else { return }
        for i in 0..<count { y[i] = x[Int(indices[i])] }
      })
  }
}

/// The sizes of x: known as polynomials, so that no run needs it.
struct Sizes: Operator {
  static let onnx = [ONNXForm<Self>("Sizes", domain: "test", since: 1, inputs: 1)]
  func infer(_ x: Operands) -> [TensorType] { [TensorType(.int64, [Dimension(x[0].shape.rank)])] }
  func contents(_ x: Operands) -> [[Dimension]?] { [x[0].shape.dimensions] }
  func bind(_ site: CallSite) -> Kernel {
    let sizes = site.input(0).sizes
    return Kernel("sizes") { b in
      guard let y: UnsafeMutablePointer<Int64> = b.output() else { return }
      for (i, size) in sizes.enumerated() { y[i] = Int64(size) }
    }
  }
}

/// x + 1 of integers, known where x is.
struct Next: Operator {
  static let onnx = [ONNXForm<Self>("Next", domain: "test", since: 1, inputs: 1)]
  func infer(_ x: Operands) -> [TensorType] { [x[0]] }
  func contents(_ x: Operands) -> [[Dimension]?] { [x.contents[0]?.map { $0 + 1 }] }
  func bind(_ site: CallSite) -> Kernel {
    let count = site.output().count
    return Kernel("next", inPlace: [.init(input: 0)]) { b in
      guard let x: UnsafePointer<Int64> = b.input(0), let y: UnsafeMutablePointer<Int64> = b.output() else { return }
      for i in 0..<count { y[i] = x[i] + 1 }
    }
  }
}

/// A vector of as many ones as the integer vector says (its product). Symbolic inference takes any length for `length`.
struct Ones: Operator {
  static let onnx = [ONNXForm<Self>("Ones", domain: "test", since: 1, inputs: 1)]
  func infer(_ x: Operands) throws(ShapeError) -> [TensorType] {
    let sizes = try x.known(0, "the length")
    return [TensorType(.float32, [sizes.reduce(1, *)])]
  }
  func bind(_ site: CallSite) -> Kernel {
    let count = site.output().count
    return body("ones") { b in
      guard let y: UnsafeMutablePointer<Float> = b.output() else { return }
      for i in 0..<count { y[i] = 1 }
    }
  }
}

extension GraphBuilder {
  func plus(_ a: Tensor, _ b: Tensor) -> Tensor { apply(Plus(), [a, b]) }
  func flip(_ a: Tensor) -> Tensor { apply(Flip(), [a]) }
  func backwards(_ a: Tensor) -> Tensor { apply(Backwards(), [a]) }
  func seen(_ a: Tensor) -> Tensor { apply(Seen(), [a]) }
}

/// 0, 1, 2, …, scaled.
func ramp(_ count: Int, _ scale: Float = 1) -> NDArray { NDArray((0..<count).map { Float($0) * scale }, [count]) }
