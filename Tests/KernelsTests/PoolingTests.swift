import CKernels
import Testing

struct Pool: Sendable, CustomTestStringConvertible {
  var planes = 3
  var down: ck_pool_axis
  var across: ck_pool_axis

  static func axis(
    _ input: Int, _ kernel: Int, stride: Int = 1, dilation: Int = 1, pads: (Int, Int) = (0, 0), output: Int? = nil
  ) -> ck_pool_axis {
    let room = input + pads.0 + pads.1 - dilation * (kernel - 1) - 1
    return ck_pool_axis(
      in: Int64(input), out: Int64(output ?? room / stride + 1), kernel: Int64(kernel), stride: Int64(stride),
      dilation: Int64(dilation), pad_begin: Int64(pads.0), pad_end: Int64(pads.1))
  }

  var testDescription: String { "\(planes) planes, \(down), \(across)" }
  var sizes: ck_pool2d { ck_pool2d(planes: Int64(planes), down: down, across: across) }
  var xCount: Int { planes * Int(down.in * across.in) }
  var yCount: Int { planes * Int(down.out * across.out) }

  /// Calls `body` with the positions in y and x of every element of every window, in order.
  func forEachTap(_ body: (Int, Int) -> Void) {
    for plane in 0..<planes {
      for (oy, ky) in pairs(down) {
        for (ox, kx) in pairs(across) {
          let y = oy * Int(down.stride) - Int(down.pad_begin) + ky * Int(down.dilation)
          let x = ox * Int(across.stride) - Int(across.pad_begin) + kx * Int(across.dilation)
          guard (0..<Int(down.in)).contains(y), (0..<Int(across.in)).contains(x) else { continue }
          body(
            (plane * Int(down.out) + oy) * Int(across.out) + ox, (plane * Int(down.in) + y) * Int(across.in) + x)
        }
      }
    }
  }

  private func pairs(_ axis: ck_pool_axis) -> [(Int, Int)] {
    (0..<Int(axis.out)).flatMap { o in (0..<Int(axis.kernel)).map { (o, $0) } }
  }

  /// What each window divides by.
  func counts(_ countPads: Bool) -> [Double] {
    func counts(_ axis: ck_pool_axis) -> [Double] {
      (0..<axis.out).map { o in
        let first = o * axis.stride - axis.pad_begin
        return Double(
          (first..<first + axis.kernel).count {
            countPads ? -axis.pad_begin <= $0 && $0 < axis.in + axis.pad_end : 0 <= $0 && $0 < axis.in
          })
      }
    }
    let plane = counts(down).flatMap { rows in counts(across).map { rows * $0 } }
    return (0..<planes).flatMap { _ in plane }
  }

  static let all = [
    Pool(planes: 40, down: axis(28, 2, stride: 2), across: axis(30, 2, stride: 2)),
    Pool(down: axis(9, 3, stride: 2, pads: (1, 1)), across: axis(700, 3, stride: 1, pads: (1, 0))),
    Pool(down: axis(7, 2, stride: 2, output: 4), across: axis(5, 3, stride: 3, output: 2)),
    Pool(planes: 1, down: axis(3, 9, stride: 7, pads: (8, 8)), across: axis(1, 40, stride: 39, pads: (39, 39))),
    Pool(planes: 0, down: axis(4, 2), across: axis(4, 2)),
  ]

  static let dilated = [
    Pool(down: axis(9, 3, dilation: 2, pads: (2, 1)), across: axis(20, 2, stride: 2, dilation: 5)),
    // The middle window sees nothing.
    Pool(planes: 2, down: axis(1, 2, dilation: 2, pads: (1, 2)), across: axis(3, 2)),
  ]
}

extension KernelsTests {
  @Suite struct Pooling {
    @Test(arguments: Pool.all, [false, true]) func averages(_ pool: Pool, countPads: Bool) {
      var numbers = Numbers(30)
      var sizes = pool.sizes
      let (x, dy) = (numbers.floats(pool.xCount), numbers.floats(pool.yCount))
      let counts = pool.counts(countPads)
      var y = [Double](repeating: 0, count: pool.yCount)
      var dx = [Double](repeating: 0, count: pool.xCount)
      pool.forEachTap { at, from in
        y[at] += Double(x[from]) / counts[at]
        dx[from] += Double(dy[at]) / counts[at]
      }
      expectClose(everyWay { output(y.count) { ck_average_pool2d_f32($0, x, &sizes, countPads) } }, y)
      let dxs = everyWay { output(dx.count) { ck_average_pool2d_gradient_f32($0, dy, &sizes, countPads) } }
      expectClose(dxs, dx)
    }

    @Test(arguments: Pool.all + Pool.dilated, [false, true]) func maxima(_ pool: Pool, hasNaN: Bool) {
      var numbers = Numbers(31)
      var sizes = pool.sizes
      // Few values, so that there are equals.
      var x = numbers.integers(pool.xCount, -3, 3).map(Float.init)
      if hasNaN && x.count > 7 { x[7] = .nan }
      var y = [Double](repeating: -.infinity, count: pool.yCount)
      var indices = [Int64](repeating: -1, count: pool.yCount)
      pool.forEachTap { at, from in
        let v = Double(x[from])
        if indices[at] < 0 || v > y[at] || v.isNaN { (y[at], indices[at]) = (v, Int64(from)) }
      }
      expectClose(everyWay { output(y.count) { ck_max_pool2d_f32($0, nil, x, &sizes) } }, y)
      let found = everyWay {
        output(y.count, as: Int64.self) { indices in _ = output(y.count) { ck_max_pool2d_f32($0, indices, x, &sizes) } }
      }
      expectEqual(found, indices.map { max($0, 0) })
    }

    /// Windows far apart on a small image take no longer than there are windows.
    @Test func hugeWindowsAreSkipped() {
      let far = Pool.axis(2, 1 << 29, stride: 1 << 26, pads: ((1 << 29) - 1, (1 << 29) - 1))
      var sizes = ck_pool2d(planes: 1, down: far, across: far)
      let count = Int(far.out * far.out)
      let y = output(count) { ck_max_pool2d_f32($0, nil, [1, 2, 3, 4], &sizes) }
      #expect(y.max() == 4 && y.min() == 1)
    }
  }
}
