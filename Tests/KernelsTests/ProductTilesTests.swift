import CKernels
import Glibc
import Testing

extension KernelsTests {
  @Suite struct ProductTiles {
    /// The loops that the header's formulas are, in double precision.
    private struct Truth {
      var loss, da, db: [Double]
      var dscale = 0.0
      var dbias = 0.0

      init(_ a: [Float], _ b: [Float], width: Int, scale: Float, bias: Float, groups: [Int64]?, dloss: [Float]) {
        loss = [Double](repeating: 0, count: dloss.count)
        (da, db) = ([Double](repeating: 0, count: a.count), [Double](repeating: 0, count: b.count))
        for i in dloss.indices {
          for j in dloss.indices {
            var product = 0.0
            for k in 0..<width { product += Double(a[i * width + k]) * Double(b[j * width + k]) }
            let isPair = groups.map { $0[i] == $0[j] } ?? (i == j)
            let logit = (Double(scale) * product + Double(bias)) * (isPair ? -1 : 1)
            loss[i] += max(logit, 0) + log1p(exp(-abs(logit)))
            let weight = (isPair ? -1 : 1) * Double(dloss[i]) / (1 + exp(-logit))
            dscale += weight * product
            dbias += weight
            for k in 0..<width {
              da[i * width + k] += Double(scale) * weight * Double(b[j * width + k])
              db[j * width + k] += Double(scale) * weight * Double(a[i * width + k])
            }
          }
        }
      }
    }

    /// One tile, and several.
    @Test(arguments: [1, 9, 1_100], [false, true]) func sigmoidLoss(rows: Int, isGrouped: Bool) {
      var numbers = Numbers(31)
      let width = 5
      let (a, b) = (numbers.floats(rows * width), numbers.floats(rows * width))
      let dloss = numbers.floats(rows)
      let groups = isGrouped ? (0..<rows).map { Int64($0 % (rows / 3 + 1)) } : nil
      // Pairs far on the right side have small losses, whose digits count.
      let (scale, bias): (Float, Float) = (9, -4)
      let truth = Truth(a, b, width: width, scale: scale, bias: bias, groups: groups, dloss: dloss)
      var sizes = ck_product_tiles(rows: Int64(rows), columns: Int64(rows), width: Int64(width))
      func withGroups(_ body: (UnsafePointer<Int64>?) -> Void) {
        guard let groups else { return body(nil) }
        groups.withUnsafeBufferPointer { body($0.baseAddress) }
      }
      let bytes = ck_product_tiles_scratch(&sizes)
      let loss = everyWay {
        output(rows) { loss in
          withScratch(bytes) { scratch in
            withGroups { ck_product_sigmoid_loss_f32(loss, a, b, [scale], [bias], $0, &sizes, scratch) }
          }
        }
      }
      expectClose(loss, truth.loss)
      let gradients = everyWay {
        output(2 * rows * width + 2) { out in
          let (db, dscale) = (out + rows * width, out + 2 * rows * width)
          withScratch(bytes) { scratch in
            withGroups {
              ck_product_sigmoid_loss_gradient_f32(
                out, db, dscale, dscale + 1, a, b, [scale], [bias], $0, dloss, &sizes, scratch)
            }
          }
        }
      }
      let count = rows * width
      expectClose(Array(gradients[..<count]), truth.da, within: 5e-6)
      expectClose(Array(gradients[count..<2 * count]), truth.db, within: 5e-6)
      expectClose([gradients[2 * count]], [truth.dscale], within: 1e-5)
      expectClose([gradients[2 * count + 1]], [truth.dbias], within: 1e-5)
    }

    @Test func smallLossesKeepTheirDigits() {
      var sizes = ck_product_tiles(rows: 1, columns: 1, width: 1)
      for logit: Float in [0, 0.5, 3, 15, 40, 80, -3, -90] {
        let loss = everyWay {
          output(1) { loss in
            withScratch(ck_product_tiles_scratch(&sizes)) {
              ck_product_sigmoid_loss_f32(loss, [logit], [1], [1], [0], nil, &sizes, $0)
            }
          }
        }
        let wanted = log1p(exp(-Double(logit)))
        #expect(abs(Double(loss[0]) - wanted) <= 4e-7 * wanted, "\(logit): \(loss[0]), not \(wanted)")
      }
    }

    @Test func scratchStaysSmall() {
      for rows in [1, 1_000, 32_768] as [Int64] {
        var sizes = ck_product_tiles(rows: rows, columns: rows, width: 512)
        #expect(ck_product_tiles_scratch(&sizes) <= 4 * 32_768 * 32_768 / 64)
      }
    }
  }
}
