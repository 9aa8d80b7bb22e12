import CKernels
import Glibc
import Testing

struct Attending: Sendable, CustomTestStringConvertible {
  let batch: Int, heads: Int, queries: Int, keys: Int, width: Int
  var causal = false, masked = false

  var testDescription: String { "\(batch)·\(heads) \(queries)×\(keys)×\(width) causal \(causal) masked \(masked)" }

  static let all = [
    Attending(batch: 2, heads: 3, queries: 50, keys: 50, width: 16),
    Attending(batch: 1, heads: 2, queries: 77, keys: 77, width: 32, causal: true),
    Attending(batch: 1, heads: 2, queries: 197, keys: 197, width: 8, causal: true),
    Attending(batch: 2, heads: 2, queries: 9, keys: 20, width: 5, causal: true, masked: true),
    Attending(batch: 3, heads: 1, queries: 130, keys: 40, width: 12, masked: true),
    Attending(batch: 1, heads: 1, queries: 1, keys: 1, width: 1),
    Attending(batch: 2, heads: 2, queries: 16, keys: 16, width: 64, causal: true),
    Attending(batch: 1, heads: 2, queries: 13, keys: 17, width: 16, causal: true),
    Attending(batch: 1, heads: 2, queries: 1, keys: 50, width: 64),
    Attending(batch: 1, heads: 1, queries: 12, keys: 31, width: 17, masked: true),
    Attending(batch: 1, heads: 1, queries: 25, keys: 33, width: 80, masked: true),
    Attending(batch: 1, heads: 1, queries: 257, keys: 257, width: 24),
    Attending(batch: 1, heads: 1, queries: 14, keys: 1030, width: 4, causal: true),
  ]

  /// Forward and backward of one head in double precision: out, lse, dq, dk, dv.
  func reference(
    _ q: [[Double]], _ k: [[Double]], _ v: [[Double]], _ dout: [[Double]], _ mask: [Float]?, scale: Double
  ) -> (out: [[Double]], lse: [Double], dq: [[Double]], dk: [[Double]], dv: [[Double]]) {
    let zeros = [Double](repeating: 0, count: width)
    var out: [[Double]] = []
    var lse: [Double] = []
    var dq = q.map { _ in zeros }
    var dk = k.map { _ in zeros }
    var dv = dk
    for i in 0..<queries {
      var s = (0..<keys).map { j in scale * zip(q[i], k[j]).map(*).reduce(0, +) + Double(mask?[i * keys + j] ?? 0) }
      if causal { for j in 0..<keys where j > i + keys - queries { s[j] = -.infinity } }
      let largest = s.max() ?? 0
      let e = s.map { exp($0 - largest) }
      let sum = e.reduce(0, +)
      let p = e.map { $0 / sum }
      lse.append(largest + log(sum))
      var o = zeros
      for j in 0..<keys { for d in 0..<width { o[d] += p[j] * v[j][d] } }
      out.append(o)
      let dp = (0..<keys).map { j in zip(dout[i], v[j]).map(*).reduce(0, +) }
      let delta = zip(dp, p).map(*).reduce(0, +)
      for j in 0..<keys {
        let ds = p[j] * (dp[j] - delta) * scale
        for d in 0..<width {
          dv[j][d] += p[j] * dout[i][d]
          dq[i][d] += ds * k[j][d]
          dk[j][d] += ds * q[i][d]
        }
      }
    }
    return (out, lse, dq, dk, dv)
  }
}

extension KernelsTests {
  @Suite struct Attention {
    /// q, k and v packed as [B, L, 3, H, width] where queries and keys are as many, [B, L, H, width] each otherwise.
    @Test(arguments: Attending.all) func forwardAndBackward(_ a: Attending) {
      var numbers = Numbers(23)
      let packed = a.queries == a.keys
      let row = a.heads * a.width
      let stride = packed ? 3 * row : row
      let scale = 1 / Float(a.width).squareRoot()
      func strides(_ tokens: Int, _ row: Int) -> ck_attention_strides {
        ck_attention_strides(batch: Int64(tokens * row), token: Int64(row), head: Int64(a.width))
      }
      let qData = numbers.floats(a.batch * a.queries * stride, scale: 2)
      let kData = packed ? qData : numbers.floats(a.batch * a.keys * stride, scale: 2)
      let vData = packed ? qData : numbers.floats(a.batch * a.keys * stride, scale: 2)
      let (kAt, vAt) = packed ? (row, 2 * row) : (0, 0)
      let dout = numbers.floats(a.batch * a.queries * row)
      var mask = numbers.floats(a.queries * a.keys)
      for i in mask.indices where i % 5 == 2 && i % a.keys != 0 { mask[i] = -.infinity }
      let (q, k, out) = (strides(a.queries, stride), strides(a.keys, stride), strides(a.queries, row))
      let dk = strides(a.keys, row)
      var sizes = ck_attention(
        batch: Int64(a.batch), heads: Int64(a.heads), queries: Int64(a.queries), keys: Int64(a.keys),
        width: Int64(a.width), scale: scale, causal: a.causal, guarded: false, q: q, k: k, v: k, out: out, dq: out,
        dk: dk, dv: dk, dout: out, mask: ck_attention_strides(batch: 0, token: Int64(a.keys), head: 0))

      var expected: [[Double]] = [0, 0, 0, 0].map { _ in [] }
      var expectedLSE: [Double] = []
      expected[0] = [Double](repeating: 0, count: a.batch * a.queries * row)
      expected[1] = expected[0]
      expected[2] = [Double](repeating: 0, count: a.batch * a.keys * row)
      expected[3] = expected[2]
      for b in 0..<a.batch {
        for h in 0..<a.heads {
          func rows(_ data: [Float], _ tokens: Int, _ stride: Int, _ at: Int) -> [[Double]] {
            (0..<tokens).map { t in
              let first = (b * tokens + t) * stride + at + h * a.width
              return data[first..<first + a.width].map { Double($0) }
            }
          }
          let r = a.reference(
            rows(qData, a.queries, stride, 0), rows(kData, a.keys, stride, kAt), rows(vData, a.keys, stride, vAt),
            rows(dout, a.queries, row, 0), a.masked ? mask : nil, scale: Double(scale))
          expectedLSE += r.lse
          for (i, values) in [r.out, r.dq, r.dk, r.dv].enumerated() {
            for (t, value) in values.enumerated() {
              let first = (b * values.count + t) * row + h * a.width
              for d in 0..<a.width { expected[i][first + d] = value[d] }
            }
          }
        }
      }

      let qCount = a.batch * a.queries * row
      let kCount = a.batch * a.keys * row
      var results: [[Float]] = []
      var lse: [Float] = []
      kData.withUnsafeBufferPointer { kBuffer in
        vData.withUnsafeBufferPointer { vBuffer in
          mask.withUnsafeBufferPointer { maskBuffer in
            guard let kBase = kBuffer.baseAddress, let vBase = vBuffer.baseAddress else { return }
            let maskBase = a.masked ? maskBuffer.baseAddress : nil
            withScratch(max(ck_attention_scratch(&sizes, 2), ck_attention_gradient_scratch(&sizes, 2))) { scratch in
              lse = everyWay {
                output(expectedLSE.count) { lse in
                  results = [
                    output(qCount) {
                      ck_attention_f32($0, lse, qData, kBase + kAt, vBase + vAt, maskBase, &sizes, scratch)
                    }
                  ]
                }
              }
              let forward = results[0]
              let logSumExp = lse
              let unkept = everyWay {
                output(qCount) { ck_attention_f32($0, nil, qData, kBase + kAt, vBase + vAt, maskBase, &sizes, scratch) }
              }
              expectEqual(unkept, forward)
              let gradients = everyWay {
                output(qCount + 2 * kCount) {
                  ck_attention_gradient_f32(
                    $0, $0 + qCount, $0 + qCount + kCount, dout, qData, kBase + kAt, vBase + vAt, forward, logSumExp,
                    maskBase, &sizes, scratch)
                }
              }
              results += [
                Array(gradients[..<qCount]), Array(gradients[qCount..<qCount + kCount]),
                Array(gradients[(qCount + kCount)...]),
              ]
            }
          }
        }
      }
      expectClose(lse, expectedLSE)
      for (result, expected) in zip(results, expected) { expectClose(result, expected, within: 3e-6) }
    }

    /// A query's result has the same bits whatever queries, heads and batch elements are computed with it, and a causal one
    /// those of a query that is last among the keys it sees.
    @Test(arguments: [1, 12, 13, 50, 77]) func queriesDoNotDependOnTheirCompany(_ tokens: Int) {
      let (batch, heads, width) = (2, 3, 20)
      let row = heads * width
      var numbers = Numbers(24)
      let qkv = numbers.floats(batch * tokens * 3 * row, scale: 2)
      let three = ck_attention_strides(batch: Int64(tokens * 3 * row), token: Int64(3 * row), head: Int64(width))
      let one = ck_attention_strides(batch: Int64(tokens * row), token: Int64(row), head: Int64(width))
      for causal in [false, true] {
        let sizes = ck_attention(
          batch: Int64(batch), heads: Int64(heads), queries: Int64(tokens), keys: Int64(tokens), width: Int64(width),
          scale: 0.25, causal: causal, guarded: false, q: three, k: three, v: three, out: one, dq: three, dk: three,
          dv: three, dout: one, mask: ck_attention_strides(batch: 0, token: 0, head: 0))
        let together = attend(qkv, sizes, count: batch * tokens * row, at: (0, row, 2 * row))
        for query in 0..<tokens {
          var alone = sizes
          (alone.batch, alone.heads, alone.queries) = (1, 1, 1)
          if causal { alone.keys = Int64(query + 1) }
          let head = 3 * row * tokens + width
          let result = attend(
            qkv, alone, count: width, at: (head + query * 3 * row, head + row, head + 2 * row))
          let first = (tokens + query) * row + width
          expectEqual(result, Array(together[first..<first + width]))
        }
      }
    }

    /// Causal queries before the first key, and one whose keys a mask hides: NaN, or 0 with `guarded`.
    @Test(arguments: [false, true]) func queriesThatSeeNothing(_ guarded: Bool) {
      let (queries, keys, width) = (30, 20, 16)
      var numbers = Numbers(25)
      let count = queries * width
      let data = numbers.floats(count + 2 * keys * width)
      let query = ck_attention_strides(batch: 0, token: Int64(width), head: 0)
      var mask = [Float](repeating: 0, count: queries * keys)
      for key in 0..<keys { mask[17 * keys + key] = -.infinity }
      let sizes = ck_attention(
        batch: 1, heads: 1, queries: Int64(queries), keys: Int64(keys), width: Int64(width), scale: 0.25, causal: true,
        guarded: guarded, q: query, k: query, v: query, out: query, dq: query, dk: query, dv: query, dout: query,
        mask: ck_attention_strides(batch: 0, token: Int64(keys), head: 0))
      var logSumExp: [Float] = []
      let at = (0, count, count + keys * width)
      let out = attend(data, sizes, count: count, at: at, mask: mask) { logSumExp = $0 }
      for i in 0..<queries {
        let (row, blind) = (out[i * width..<(i + 1) * width], i < queries - keys || i == 17)
        #expect(row.allSatisfy { blind ? (guarded ? $0 == 0 : $0.isNaN) : $0.isFinite && $0 != 0 }, "query \(i)")
        #expect(blind ? !logSumExp[i].isFinite : logSumExp[i].isFinite)
      }
      #expect(logSumExp[..<(queries - keys)].allSatisfy { $0 == -.infinity })
    }
  }
}

/// The result [count] on every thread count and instruction set; `at` says where q, k and v begin in `data`.
private func attend(
  _ data: [Float], _ sizes: ck_attention, count: Int, at: (q: Int, k: Int, v: Int), mask: [Float]? = nil,
  logSumExp: ([Float]) -> Void = { _ in }
) -> [Float] {
  var sizes = sizes
  var result: [Float] = []
  withScratch(ck_attention_scratch(&sizes, 2)) { scratch in
    result = everyWay {
      data.withUnsafeBufferPointer { data in
        (mask ?? []).withUnsafeBufferPointer { maskBuffer in
          guard let base = data.baseAddress else { return [] }
          var out: [Float] = []
          let sums = output(Int(sizes.batch * sizes.heads * sizes.queries)) { sums in
            out = output(count) {
              ck_attention_f32(
                $0, sums, base + at.q, base + at.k, base + at.v, mask == nil ? nil : maskBuffer.baseAddress, &sizes,
                scratch)
            }
          }
          logSumExp(sums)
          return out
        }
      }
    }
  }
  return result
}
