import CKernels
import Glibc
import Testing

/// Sizes of `ck_absorbed_attention_f32`.
struct Absorbing: Sendable, CustomTestStringConvertible {
  let batch: Int, heads: Int, keys: Int, width: Int, channels: Int
  var transposed = false, biased = true, masked = false

  var testDescription: String {
    "\(batch)·\(heads) \(keys)×\(width) of \(channels) transposed \(transposed) biased \(biased) masked \(masked)"
  }

  static let all = [
    Absorbing(batch: 1, heads: 1, keys: 1, width: 1, channels: 1),
    Absorbing(batch: 1, heads: 3, keys: 50, width: 64, channels: 96),
    Absorbing(batch: 1, heads: 4, keys: 50, width: 16, channels: 64, transposed: true, biased: false),
    Absorbing(batch: 3, heads: 2, keys: 17, width: 5, channels: 33, masked: true),
    Absorbing(batch: 9, heads: 5, keys: 7, width: 24, channels: 40, transposed: true, masked: true),
    Absorbing(batch: 33, heads: 2, keys: 20, width: 8, channels: 17, transposed: true),
  ]

  var projected: Int { heads * width }

  /// One element of the batch in double precision, by way of keys and values.
  func reference(
    _ q: ArraySlice<Float>, _ x: ArraySlice<Float>, _ w: [Float], _ bias: [Float], _ mask: [Float]
  ) -> [Double] {
    let tokens = (0..<keys).map { j in x.dropFirst(j * channels).prefix(channels).map { Double($0) } }
    let kv = tokens.map { token in
      (0..<2 * projected).map { column in
        var sum = biased ? Double(bias[column]) : 0
        for c in 0..<channels {
          sum += token[c] * Double(w[transposed ? column * channels + c : c * 2 * projected + column])
        }
        return sum
      }
    }
    let query = q.map { Double($0) }
    return (0..<heads).flatMap { head in
      let part = head * width..<(head + 1) * width
      let scores = kv.enumerated().map { j, row in
        let product = part.map { query[$0] * row[$0] }.reduce(0, +)
        return product / Double(width).squareRoot() + (masked ? Double(mask[head * keys + j]) : 0)
      }
      let largest = scores.max() ?? 0
      let weights = scores.map { exp($0 - largest) }
      let sum = weights.reduce(0, +)
      return part.map { d in
        var mean = 0.0
        for (weight, row) in zip(weights, kv) { mean += weight * row[projected + d] }
        return mean / sum
      }
    }
  }
}

extension KernelsTests {
  @Suite struct AbsorbedAttention {
    @Test(arguments: Absorbing.all) func againstKeysAndValues(_ a: Absorbing) {
      var numbers = Numbers(41)
      let q = numbers.floats(a.batch * a.projected, scale: 2)
      let x = numbers.floats(a.batch * a.keys * a.channels, scale: 2)
      let w = numbers.floats(2 * a.projected * a.channels)
      let bias = numbers.floats(2 * a.projected, scale: 3)
      // Differs from head to head, and hides some tokens.
      var mask = numbers.floats(a.heads * a.keys)
      for i in mask.indices where i % 3 == 1 && i % a.keys != 0 { mask[i] = -.infinity }
      var sizes = ck_absorbed_attention(
        batch: Int64(a.batch), heads: Int64(a.heads), keys: Int64(a.keys), width: Int64(a.width),
        channels: Int64(a.channels), scale: 1 / Float(a.width).squareRoot(), transposed: a.transposed, packed: false,
        mask: ck_attention_strides(batch: 0, token: 0, head: Int64(a.keys)))
      let packed = output(Int(ck_absorbed_attention_packed_elements(&sizes))) {
        ck_absorbed_attention_pack_f32($0, w, &sizes)
      }
      func run(_ weights: [Float], _ count: Int) -> [Float] {
        var out: [Float] = []
        bias.withUnsafeBufferPointer { bias in
          mask.withUnsafeBufferPointer { mask in
            withScratch(ck_absorbed_attention_scratch(&sizes)) { scratch in
              out = output(count * a.projected) {
                ck_absorbed_attention_f32(
                  $0, q, x, weights, a.biased ? bias.baseAddress : nil, a.masked ? mask.baseAddress : nil, &sizes,
                  scratch)
              }
            }
          }
        }
        return out
      }
      let out = everyWay { run(w, a.batch) }
      sizes.packed = true
      expectEqual(everyWay { run(packed, a.batch) }, out)
      var expected: [Double] = []
      let size = a.keys * a.channels
      for b in 0..<a.batch {
        let query = q[b * a.projected..<(b + 1) * a.projected]
        expected += a.reference(query, x[b * size..<(b + 1) * size], w, bias, mask)
      }
      expectClose(out, expected, within: 3e-6)
      // The first element alone is what it is among others.
      sizes.batch = 1
      expectEqual(run(packed, 1), Array(out.prefix(a.projected)))
    }

    @Test func aQueryThatSeesNothing() {
      let a = Absorbing(batch: 1, heads: 2, keys: 3, width: 4, channels: 8)
      var numbers = Numbers(42)
      let (q, x) = (numbers.floats(a.projected), numbers.floats(a.keys * a.channels))
      let w = numbers.floats(2 * a.projected * a.channels)
      let mask: [Float] = [0, 0, 0, -.infinity, -.infinity, -.infinity]
      var sizes = ck_absorbed_attention(
        batch: 1, heads: 2, keys: 3, width: 4, channels: 8, scale: 0.5, transposed: false, packed: false,
        mask: ck_attention_strides(batch: 0, token: 0, head: 3))
      var out: [Float] = []
      withScratch(ck_absorbed_attention_scratch(&sizes)) { scratch in
        out = everyWay { output(a.projected) { ck_absorbed_attention_f32($0, q, x, w, nil, mask, &sizes, scratch) } }
      }
      #expect(out.prefix(4).allSatisfy { $0.isFinite } && out.dropFirst(4).allSatisfy { $0.isNaN })
    }
  }
}
