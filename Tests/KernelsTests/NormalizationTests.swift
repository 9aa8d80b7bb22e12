import CKernels
import Glibc
import Testing

extension KernelsTests {
  @Suite struct LayerNormalization {
    @Test(arguments: [[3, 5], [50, 64], [70, 1100], [1, 1], [0, 4], [200, 192]]) func forwardAndBackward(_ shape: [Int])
    {
      let (rows, width) = (shape[0], shape[1])
      let count = rows * width
      let epsilon: Float = 1e-5
      var numbers = Numbers(21)
      let x = numbers.floats(count, scale: 3)
      let dy = numbers.floats(count)
      let scale = numbers.floats(width)
      let bias = numbers.floats(width)
      var y: [Double] = []
      var dx: [Double] = []
      var dscale = [Double](repeating: 0, count: width)
      var dbias = dscale
      for row in 0..<rows {
        let v = x[row * width..<(row + 1) * width].map { Double($0) }
        let d = dy[row * width..<(row + 1) * width].map { Double($0) }
        let mean = v.reduce(0, +) / Double(width)
        let variance = v.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / Double(width)
        let inverse = 1 / (variance + Double(epsilon)).squareRoot()
        let normal = v.map { ($0 - mean) * inverse }
        let g = zip(d, scale).map { $0 * Double($1) }
        let meanG = g.reduce(0, +) / Double(width)
        let meanGN = zip(g, normal).map(*).reduce(0, +) / Double(width)
        for j in 0..<width {
          y.append(normal[j] * Double(scale[j]) + Double(bias[j]))
          dx.append(inverse * (g[j] - meanG - normal[j] * meanGN))
          dscale[j] += d[j] * normal[j]
          dbias[j] += d[j]
        }
      }
      let (r, w) = (Int64(rows), Int64(width))
      var mean: [Float] = []
      var inverse: [Float] = []
      var out: [Float] = []
      mean = everyWay {
        output(rows) { m in
          inverse = output(rows) { i in
            out = output(count) { ck_layer_normalization_f32($0, m, i, x, scale, bias, r, w, epsilon) }
          }
        }
      }
      expectClose(out, y)
      expectClose(
        everyWay { output(count) { ck_layer_normalization_f32($0, nil, nil, x, scale, bias, r, w, epsilon) } }, y)
      withScratch(ck_layer_normalization_gradient_scratch(r, w)) { scratch in
        for recomputes in [true, false] {
          var ds: [Float] = []
          var db: [Float] = []
          let (m, i) = (mean, inverse)
          let result = everyWay {
            output(count) { dx in
              ds = output(width) { ds in
                db = output(width) { db in
                  if recomputes {
                    ck_layer_normalization_gradient_f32(dx, ds, db, dy, x, scale, nil, nil, r, w, epsilon, scratch)
                  } else {
                    ck_layer_normalization_gradient_f32(dx, ds, db, dy, x, scale, m, i, r, w, epsilon, scratch)
                  }
                }
              }
            }
          }
          expectClose(result, dx, within: width == 1 ? .infinity : 2e-6)
          expectClose(ds, dscale, within: width == 1 ? .infinity : 2e-6)
          expectClose(db, dbias, within: 2e-6)
        }
      }
    }
  }

  @Suite struct Softmax {
    static let shapes = [
      [3, 10, 1], [70, 77, 1], [40, 1, 1], [2, 9, 130], [3, 1500, 1], [1, 30, 3], [5, 300, 80],
    ]

    @Test(arguments: shapes) func forwardAndBackward(_ shape: [Int]) {
      let (outer, n, inner) = (shape[0], shape[1], shape[2])
      let count = outer * n * inner
      var numbers = Numbers(22)
      var x = numbers.floats(count, scale: 20)
      for i in x.indices where i % 7 == 3 && n > 1 { x[i] = -.infinity }
      if n > 1 { for i in 0..<n { x[i * inner] = -.infinity } }  // the first row is masked altogether
      let dy = numbers.floats(count)
      var y = [Double](repeating: 0, count: count)
      var log = y
      var dx = y
      var dlog = y
      for o in 0..<outer * inner {
        let at = (0..<n).map { o / inner * n * inner + $0 * inner + o % inner }
        let v = at.map { Double(x[$0]) }
        let largest = v.max() ?? 0
        let e = v.map { exp($0 - largest) }
        let sum = e.reduce(0, +)
        let products = zip(at, e).map { Double(dy[$0]) * $1 / sum }.reduce(0, +)
        let total = at.map { Double(dy[$0]) }.reduce(0, +)
        for (i, p) in at.enumerated() {
          y[p] = e[i] / sum
          log[p] = v[i] - largest - Glibc.log(sum)
          dx[p] = y[p] * (Double(dy[p]) - products)
          dlog[p] = Double(dy[p]) - y[p] * total
        }
      }
      let (a, b, c) = (Int64(outer), Int64(n), Int64(inner))
      let probabilities = everyWay { output(count) { ck_softmax_f32($0, x, a, b, c) } }
      expectClose(probabilities, y)
      let logarithms = everyWay { output(count) { ck_log_softmax_f32($0, x, a, b, c) } }
      expectClose(logarithms, log)
      expectClose(
        everyWay { output(count) { ck_softmax_gradient_f32($0, dy, probabilities, a, b, c) } }, dx, within: 2e-6)
      let dlogs = everyWay { output(count) { ck_log_softmax_gradient_f32($0, dy, logarithms, a, b, c) } }
      expectClose(dlogs, dlog, within: 4e-6)
      let inPlace = everyWay {
        var data = x
        data.withUnsafeMutableBufferPointer { ck_softmax_f32($0.baseAddress, $0.baseAddress, a, b, c) }
        return data
      }
      expectClose(inPlace, y)
    }
  }
}
