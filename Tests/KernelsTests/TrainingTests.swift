import CKernels
import Glibc
import Testing

extension KernelsTests {
  @Suite struct CrossEntropy {
    @Test(arguments: [[4, 6], [130, 300], [1, 1], [3, 2500]]) func forwardAndBackward(_ shape: [Int]) {
      let (rows, classes) = (shape[0], shape[1])
      let count = rows * classes
      let ignored: Int64 = -100
      var numbers = Numbers(24)
      let x = numbers.floats(count, scale: 10)
      var labels = numbers.integers(rows, 0, classes - 1).int64
      if rows > 3 { labels[2] = ignored }
      let counted = Double(labels.filter { $0 != ignored }.count)
      let dloss: Float = 0.7
      var log: [Double] = []
      var losses: [Double] = []
      var dx: [Double] = []
      for row in 0..<rows {
        let v = x[row * classes..<(row + 1) * classes].map { Double($0) }
        let largest = v.max() ?? 0
        let lse = largest + Glibc.log(v.map { exp($0 - largest) }.reduce(0, +))
        let label = Int(labels[row])
        let counts = labels[row] != ignored
        log += v.map { $0 - lse }
        losses.append(counts ? lse - v[label] : 0)
        dx += v.enumerated().map {
          counts ? Double(dloss) / counted * (exp($0.element - lse) - ($0.offset == label ? 1 : 0)) : 0
        }
      }
      let (r, c) = (Int64(rows), Int64(classes))
      var rowLosses: [Float] = []
      var logs: [Float] = []
      let loss = everyWay {
        output(1) { loss in
          rowLosses = output(rows) { each in
            logs = output(count) { ck_cross_entropy_f32(loss, each, $0, x, labels, r, c, ignored) }
          }
        }
      }
      expectClose(loss, [losses.reduce(0, +) / counted])
      expectClose(rowLosses, losses)
      expectClose(logs, log)
      let alone = everyWay {
        output(1) { loss in
          _ = output(rows) { ck_cross_entropy_f32(loss, $0, nil, x, labels, r, c, ignored) }
        }
      }
      expectClose(alone, [losses.reduce(0, +) / counted])
      let gradient = everyWay {
        output(count) { ck_cross_entropy_gradient_f32($0, [dloss], x, labels, r, c, ignored) }
      }
      expectClose(gradient, dx, within: 2e-6)
    }

    @Test func allIgnoredIsNaN() {
      let loss = everyWay {
        output(1) { loss in _ = output(2) { ck_cross_entropy_f32(loss, $0, nil, [1, 2, 3, 4], [9, 9], 2, 2, 9) } }
      }
      #expect(loss[0].isNaN)
    }
  }

  @Suite struct AdamW {
    @Test(arguments: [1.0, 2.0, 1000.0]) func isTheFormula(_ step: Double) {
      let n = 40_000
      var numbers = Numbers(25)
      let p = numbers.floats(n)
      let g = numbers.floats(n)
      let m = numbers.floats(n, scale: 0.1)
      let v = numbers.floats(n, scale: 0.1).map { abs($0) }
      var s = ck_adamw(
        learning_rate: 1e-2, beta1: 0.9, beta2: 0.999, epsilon: 1e-6, weight_decay: 0.2, step: step)
      var pNew: [Double] = []
      var mNew: [Double] = []
      var vNew: [Double] = []
      for i in 0..<n {
        let gradient = Double(g[i])
        mNew.append(0.9 * Double(m[i]) + 0.1 * gradient)
        vNew.append(0.999 * Double(v[i]) + 0.001 * gradient * gradient)
        let denominator = vNew[i].squareRoot() / (1 - pow(0.999, step)).squareRoot() + 1e-6
        pNew.append(Double(p[i]) * (1 - 1e-2 * 0.2) - 1e-2 / (1 - pow(0.9, step)) * mNew[i] / denominator)
      }
      var mOut: [Float] = []
      var vOut: [Float] = []
      let pOut = everyWay {
        output(n) { pOut in
          mOut = output(n) { mOut in
            vOut = output(n) { ck_adamw_f32(pOut, mOut, $0, p, g, m, v, Int64(n), &s) }
          }
        }
      }
      expectClose(pOut, pNew, within: 5e-7)
      expectClose(mOut, mNew, within: 2e-7)
      expectClose(vOut, vNew, within: 2e-7)
      let inPlace = everyWay {
        var (p, m, v) = (p, m, v)
        p.withUnsafeMutableBufferPointer { p in
          m.withUnsafeMutableBufferPointer { m in
            v.withUnsafeMutableBufferPointer { v in
              let (pp, mm, vv) = (p.baseAddress, m.baseAddress, v.baseAddress)
              ck_adamw_f32(pp, mm, vv, pp, g, mm, vv, Int64(n), &s)
            }
          }
        }
        return p
      }
      expectEqual(inPlace, pOut)
    }
  }

  /// The update by rows is the gradient of the whole table, and the update by that, to the last bit.
  @Suite struct AdamWByRows {
    @Test(arguments: [[500, 96, 70], [7, 40, 3], [3, 0, 16], [1, 5, 1], [4000, 33, 17]])
    func isTheDenseUpdate(_ shape: [Int]) {
      let (table, count, inner) = (shape[0], shape[1], shape[2])
      let n = table * inner
      var numbers = Numbers(26)
      let p = numbers.floats(n)
      // Minus zero is a number of its own.
      let m = numbers.floats(n, scale: 0.1).enumerated().map { $0.offset % 5 == 0 ? -0.0 : $0.element }
      let v = numbers.floats(n, scale: 0.1).map { abs($0) }
      let dy = numbers.floats(count * inner).enumerated().map { $0.offset % 7 == 0 ? -0.0 : $0.element }
      let indices = numbers.integers(count, -table, table - 1).int64
      var s = ck_adamw(
        learning_rate: 1e-2, beta1: 0.9, beta2: 0.999, epsilon: 1e-6, weight_decay: 0.2, step: 3)
      let sizes = (table: Int64(table), count: Int64(count), inner: Int64(inner))
      for isa in [CK_ISA_PLAIN, CK_ISA_AVX512] {
        ck_force_isa(isa)
        var g = [Float](repeating: .nan, count: n)
        ck_gather_gradient_f32(&g, dy, indices, CK_I64, 1, sizes.table, sizes.count, sizes.inner)
        var (p1, m1, v1) = (p, m, v)
        ck_adamw_f32(&p1, &m1, &v1, p, g, m, v, Int64(n), &s)
        for threads in [1, 2, 3] {
          ck_set_threads(Int32(threads))
          let bytes = Int(ck_adamw_rows_scratch(sizes.table, sizes.count, sizes.inner, Int32(threads)))
          let scratch = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
          scratch.initializeMemory(as: UInt8.self, repeating: 0xFF, count: bytes)
          defer { scratch.deallocate() }
          var (p2, m2, v2) = (p, m, v)
          ck_adamw_rows_f32(
            &p2, &m2, &v2, p, dy, m, v, indices, CK_I64, sizes.table, sizes.count, sizes.inner, &s, scratch)
          for (rows, dense) in [(p2, p1), (m2, m1), (v2, v1)] {
            #expect(rows.map(\.bitPattern) == dense.map(\.bitPattern), "\(threads) threads")
          }
        }
        ck_set_threads(0)
      }
      ck_force_isa(CK_ISA_AVX512)
    }
  }

  @Suite struct RuntimeSettings {
    @Test func threadsAndInstructionSets() {
      ck_set_threads(2)
      #expect(ck_threads() == 2)
      ck_set_threads(0)
      #expect(ck_threads() >= 1)
      #expect(ck_force_isa(CK_ISA_PLAIN) == CK_ISA_PLAIN)
      #expect(String(cString: ck_cpu_name()) == "plain")
      let names = [CK_ISA_PLAIN: "plain", CK_ISA_AVX2: "avx2+fma", CK_ISA_AVX512: "avx512"]
      for level in [CK_ISA_AVX2, CK_ISA_AVX512] {
        let best = ck_force_isa(level)
        #expect(best.rawValue <= level.rawValue)
        #expect(String(cString: ck_cpu_name()) == names[best])
      }
    }
  }
}
