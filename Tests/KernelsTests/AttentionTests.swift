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
            withScratch(ck_attention_gradient_scratch(&sizes, 2)) { scratch in
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
  }
}
