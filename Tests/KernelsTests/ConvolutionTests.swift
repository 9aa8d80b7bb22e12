import CKernels
import Testing

struct Convolution: Sendable, CustomTestStringConvertible {
  var batch = 1
  var groups = 1
  var channels = 1
  var height: Int
  var width: Int
  var filters = 1
  var kernel: [Int]
  var stride = [1, 1]
  var pads = [0, 0, 0, 0]
  var dilation = [1, 1]
  /// How the weights lie in the forward convolution.
  var weights = CK_CONV2D_PLAIN

  var testDescription: String {
    "\([batch, channels, height, width]) \(filters) filters \(kernel) stride \(stride) pads \(pads) groups \(groups) weights \(weights.rawValue)"
  }
  var out: [Int] {
    [0, 1].map { i in
      ([height, width][i] + pads[i] + pads[i + 2] - dilation[i] * (kernel[i] - 1) - 1) / stride[i] + 1
    }
  }
  var xCount: Int { batch * channels * height * width }
  var wCount: Int { filters * channels / groups * kernel[0] * kernel[1] }
  var yCount: Int { batch * filters * out[0] * out[1] }

  var sizes: ck_conv2d {
    ck_conv2d(
      batch: Int64(batch), groups: Int64(groups), in_channels: Int64(channels), in_height: Int64(height),
      in_width: Int64(width), out_channels: Int64(filters), out_height: Int64(out[0]), out_width: Int64(out[1]),
      kernel_height: Int64(kernel[0]), kernel_width: Int64(kernel[1]), stride_y: Int64(stride[0]),
      stride_x: Int64(stride[1]), pad_top: Int64(pads[0]), pad_left: Int64(pads[1]), dilation_y: Int64(dilation[0]),
      dilation_x: Int64(dilation[1]), weights: weights)
  }

  /// Calls `body` with the positions in y, x and w of every multiplication.
  func forEachProduct(_ body: (Int, Int, Int) -> Void) {
    let (perGroup, filtersPerGroup) = (channels / groups, filters / groups)
    for n in 0..<batch {
      for f in 0..<filters {
        for oy in 0..<out[0] {
          for ox in 0..<out[1] {
            let y = ((n * filters + f) * out[0] + oy) * out[1] + ox
            for c in 0..<perGroup {
              let plane = n * channels + f / filtersPerGroup * perGroup + c
              for ky in 0..<kernel[0] {
                let iy = oy * stride[0] - pads[0] + ky * dilation[0]
                if iy < 0 || iy >= height { continue }
                for kx in 0..<kernel[1] {
                  let ix = ox * stride[1] - pads[1] + kx * dilation[1]
                  if ix < 0 || ix >= width { continue }
                  body(y, (plane * height + iy) * width + ix, ((f * perGroup + c) * kernel[0] + ky) * kernel[1] + kx)
                }
              }
            }
          }
        }
      }
    }
  }

  static let all = [
    Convolution(batch: 3, channels: 3, height: 32, width: 32, filters: 24, kernel: [8, 8], stride: [8, 8]),
    Convolution(channels: 3, height: 33, width: 35, filters: 70, kernel: [8, 8], stride: [8, 8]),
    Convolution(batch: 2, channels: 4, height: 13, width: 11, filters: 6, kernel: [3, 3], pads: [1, 1, 1, 1]),
    Convolution(groups: 2, channels: 6, height: 30, width: 40, filters: 4, kernel: [1, 1]),
    Convolution(batch: 2, channels: 5, height: 9, width: 9, filters: 3, kernel: [1, 1], stride: [2, 2]),
    Convolution(channels: 3, height: 5, width: 6, filters: 2, kernel: [1, 1], pads: [1, 0, 0, 2]),
    Convolution(channels: 24, height: 21, width: 23, filters: 200, kernel: [3, 3], pads: [1, 1, 1, 1]),
    Convolution(channels: 2, height: 4, width: 3, filters: 2, kernel: [3, 9], pads: [1, 5, 1, 5]),
    Convolution(
      batch: 2, groups: 2, channels: 4, height: 15, width: 16, filters: 6, kernel: [3, 5], stride: [2, 3],
      pads: [0, 2, 1, 3], dilation: [2, 1]),
    Convolution(
      batch: 9, groups: 6, channels: 6, height: 9, width: 9, filters: 6, kernel: [3, 3], pads: [1, 1, 1, 1]),
    Convolution(batch: 2, channels: 16, height: 14, width: 14, filters: 64, kernel: [1, 1]),
    Convolution(channels: 1, height: 2, width: 2, kernel: [3, 3], pads: [3, 3, 3, 3]),
    Convolution(batch: 0, channels: 2, height: 4, width: 4, kernel: [2, 2]),
    Convolution(batch: 0, channels: 2, height: 4, width: 4, kernel: [3, 3]),
    Convolution(channels: 2, height: 4, width: 4, filters: 0, kernel: [2, 2]),
    Convolution(channels: 0, height: 4, width: 4, filters: 3, kernel: [1, 1]),
  ]
}

extension Convolution {
  /// Maps smaller than a kernel or a tile, whose images are multiplied together.
  static let small = [
    Convolution(batch: 5, channels: 19, height: 2, width: 2, filters: 21, kernel: [3, 3], pads: [1, 1, 1, 1]),
    Convolution(batch: 33, channels: 5, height: 1, width: 1, filters: 50, kernel: [3, 3], pads: [1, 1, 1, 1]),
    Convolution(batch: 4, channels: 3, height: 1, width: 3, filters: 4, kernel: [3, 3], pads: [1, 1, 1, 1]),
    Convolution(
      batch: 6, channels: 3, height: 3, width: 2, filters: 4, kernel: [3, 3], stride: [2, 2], pads: [1, 1, 1, 1]),
    Convolution(
      batch: 7, channels: 2, height: 2, width: 2, filters: 3, kernel: [3, 3], pads: [2, 2, 2, 2], dilation: [2, 2]),
    Convolution(batch: 9, channels: 70, height: 1, width: 1, filters: 37, kernel: [1, 1]),
    Convolution(channels: 7, height: 1, width: 1, filters: 3, kernel: [1, 1]),
    Convolution(batch: 3, channels: 3, height: 8, width: 8, filters: 10, kernel: [8, 8]),
    Convolution(batch: 11, channels: 40, height: 2, width: 2, filters: 13, kernel: [1, 1]),
    Convolution(batch: 3, channels: 18, height: 7, width: 7, filters: 260, kernel: [1, 1]),
    Convolution(batch: 2, channels: 530, height: 7, width: 9, filters: 5, kernel: [1, 1]),
    Convolution(batch: 40, channels: 2100, height: 2, width: 4, filters: 3, kernel: [1, 1]),
    Convolution(batch: 4, channels: 20, height: 5, width: 5, filters: 17, kernel: [3, 3], pads: [1, 1, 1, 1]),
    Convolution(
      batch: 3, channels: 9, height: 8, width: 7, filters: 14, kernel: [3, 3], stride: [2, 2], pads: [1, 1, 1, 1]),
    Convolution(batch: 2, channels: 3, height: 40, width: 41, filters: 61, kernel: [3, 3], stride: [2, 2]),
    Convolution(batch: 2, groups: 2, channels: 6, height: 3, width: 3, filters: 4, kernel: [1, 1]),
  ]

  /// Those by Winograd's method whose weights lie plain: both ways, pads of any size, tiles in several groups.
  static let transformed = [
    Convolution(batch: 3, channels: 17, height: 14, width: 14, filters: 40, kernel: [3, 3], pads: [1, 1, 1, 1]),
    Convolution(batch: 16, channels: 35, height: 4, width: 4, filters: 16, kernel: [3, 3], pads: [1, 1, 1, 1]),
    Convolution(batch: 23, channels: 16, height: 7, width: 7, filters: 29, kernel: [3, 3], pads: [1, 1, 1, 1]),
    Convolution(batch: 2, channels: 24, height: 12, width: 12, filters: 24, kernel: [3, 3], pads: [0, 2, 1, 0]),
    Convolution(batch: 4, channels: 18, height: 9, width: 6, filters: 24, kernel: [3, 3], pads: [3, 4, 3, 2]),
    Convolution(batch: 3, channels: 16, height: 6, width: 131, filters: 33, kernel: [3, 3], pads: [1, 1, 1, 1]),
    Convolution(batch: 5, channels: 16, height: 30, width: 31, filters: 16, kernel: [3, 3], pads: [1, 1, 1, 1]),
  ]

  /// All of `all` that have products, with the filters in panels.
  static let panels = (all + winograd).filter { $0.yCount > 0 && $0.wCount > 0 }.map {
    var convolution = $0
    convolution.weights = CK_CONV2D_PANELS
    return convolution
  }

  /// Images of all sizes around whole tiles of 4 × 4, and groups of tiles that end anywhere.
  static let winograd = [
    Convolution(channels: 3, height: 6, width: 6, filters: 2, kernel: [3, 3], weights: CK_CONV2D_WINOGRAD),
    Convolution(channels: 1, height: 1, width: 1, kernel: [3, 3], pads: [1, 1, 1, 1], weights: CK_CONV2D_WINOGRAD),
    Convolution(
      channels: 5, height: 7, width: 7, filters: 13, kernel: [3, 3], pads: [1, 1, 1, 1], weights: CK_CONV2D_WINOGRAD),
    Convolution(
      batch: 23, channels: 3, height: 7, width: 7, filters: 25, kernel: [3, 3], pads: [1, 1, 1, 1],
      weights: CK_CONV2D_WINOGRAD),
    Convolution(
      batch: 3, channels: 17, height: 14, width: 14, filters: 40, kernel: [3, 3], pads: [1, 1, 1, 1],
      weights: CK_CONV2D_WINOGRAD),
    Convolution(
      batch: 2, channels: 4, height: 5, width: 67, filters: 7, kernel: [3, 3], pads: [1, 0, 2, 3],
      weights: CK_CONV2D_WINOGRAD),
    Convolution(
      batch: 2, channels: 2, height: 70, width: 4, filters: 1, kernel: [3, 3], pads: [0, 1, 0, 0],
      weights: CK_CONV2D_WINOGRAD),
    Convolution(
      channels: 130, height: 9, width: 29, filters: 12, kernel: [3, 3], pads: [2, 2, 1, 1], weights: CK_CONV2D_WINOGRAD),
    Convolution(
      channels: 2, height: 3, width: 2, filters: 2, kernel: [3, 3], pads: [9, 21, 40, 8], weights: CK_CONV2D_WINOGRAD),
    Convolution(
      batch: 9, channels: 20, height: 33, width: 35, filters: 24, kernel: [3, 3], pads: [1, 1, 1, 1],
      weights: CK_CONV2D_WINOGRAD),
    Convolution(
      channels: 400, height: 6, width: 7, filters: 3, kernel: [3, 3], pads: [1, 1, 1, 1], weights: CK_CONV2D_WINOGRAD),
  ]
}

extension KernelsTests {
  @Suite struct Conv2D {
    @Test(arguments: Convolution.all + Convolution.small) func forwardAndBackward(_ convolution: Convolution) {
      check(convolution, within: 2e-6)
    }

    @Test(arguments: Convolution.transformed) func transformedForwardAndBackward(_ convolution: Convolution) {
      check(convolution, within: 4e-6)
    }

    private func check(_ convolution: Convolution, within tolerance: Double) {
      var numbers = Numbers(20)
      var sizes = convolution.sizes
      let x = numbers.floats(convolution.xCount)
      let w = numbers.floats(convolution.wCount)
      let bias = numbers.floats(convolution.filters)
      let dy = numbers.floats(convolution.yCount)
      let pixels = convolution.out[0] * convolution.out[1]
      var y = dy.indices.map { Double(bias[$0 / pixels % convolution.filters]) }
      var dx = [Double](repeating: 0, count: x.count)
      var dw = [Double](repeating: 0, count: w.count)
      convolution.forEachProduct { yi, xi, wi in
        y[yi] += Double(x[xi]) * Double(w[wi])
        dx[xi] += Double(dy[yi]) * Double(w[wi])
        dw[wi] += Double(dy[yi]) * Double(x[xi])
      }
      withScratch(ck_conv2d_scratch(&sizes, 2)) { scratch in
        let ys = everyWay {
          output(y.count) { ck_conv2d_f32($0, x, w, bias, nil, &sizes, CK_ACTIVATION_NONE, scratch) }
        }
        expectClose(ys, y, within: tolerance)
        let fused = everyWay {
          output(y.count) { ck_conv2d_f32($0, x, w, bias, dy, &sizes, CK_ACTIVATION_RELU, scratch) }
        }
        expectClose(fused, zip(y, dy).map { max($0 + Double($1), 0) }, within: tolerance)
        let inPlace = everyWay {
          var sum = dy
          sum.withUnsafeMutableBufferPointer {
            ck_conv2d_f32($0.baseAddress, x, w, bias, $0.baseAddress, &sizes, CK_ACTIVATION_RELU, scratch)
          }
          return sum
        }
        expectEqual(inPlace, fused)
      }
      withScratch(ck_conv2d_input_gradient_scratch(&sizes, 2)) { scratch in
        let dxs = everyWay { output(x.count) { ck_conv2d_input_gradient_f32($0, dy, w, &sizes, scratch) } }
        expectClose(dxs, dx, within: tolerance)
      }
      withScratch(ck_conv2d_weight_gradient_scratch(&sizes)) { scratch in
        let dws = everyWay { output(w.count) { ck_conv2d_weight_gradient_f32($0, dy, x, &sizes, scratch) } }
        expectClose(dws, dw, within: tolerance)
      }
    }

    @Test(arguments: Convolution.panels + Convolution.winograd) func packedWeights(_ convolution: Convolution) {
      var numbers = Numbers(21)
      var sizes = convolution.sizes
      let x = numbers.floats(convolution.xCount)
      let w = numbers.floats(convolution.wCount)
      let bias = numbers.floats(convolution.filters)
      let residual = numbers.floats(convolution.yCount)
      let pixels = convolution.out[0] * convolution.out[1]
      var y = residual.indices.map { Double(bias[$0 / pixels % convolution.filters]) + Double(residual[$0]) }
      convolution.forEachProduct { yi, xi, wi in y[yi] += Double(x[xi]) * Double(w[wi]) }
      let packed = everyWay { output(Int(ck_conv2d_packed_elements(&sizes))) { ck_conv2d_pack_f32($0, w, &sizes) } }
      withScratch(ck_conv2d_scratch(&sizes, 2)) { scratch in
        let fused = everyWay {
          output(y.count) { ck_conv2d_f32($0, x, packed, bias, residual, &sizes, CK_ACTIVATION_RELU, scratch) }
        }
        expectClose(fused, y.map { max($0, 0) }, within: 4e-6)
        let inPlace = everyWay {
          var sum = residual
          sum.withUnsafeMutableBufferPointer {
            ck_conv2d_f32($0.baseAddress, x, packed, bias, $0.baseAddress, &sizes, CK_ACTIVATION_RELU, scratch)
          }
          return sum
        }
        expectEqual(inPlace, fused)
        let bare = everyWay {
          output(y.count) { ck_conv2d_f32($0, x, packed, nil, nil, &sizes, CK_ACTIVATION_NONE, scratch) }
        }
        let sums = zip(y.indices, y).map { $1 - Double(bias[$0 / pixels % convolution.filters]) - Double(residual[$0]) }
        expectClose(bare, sums, within: 4e-6)
      }
    }

    /// An output that sees no infinity and no NaN is not touched by those of other images and channels' outputs.
    @Test func exceptionsStayInTheirTiles() {
      var convolution = Convolution(
        batch: 2, channels: 16, height: 12, width: 12, filters: 16, kernel: [3, 3], pads: [1, 1, 1, 1])
      convolution.weights = CK_CONV2D_WINOGRAD
      var numbers = Numbers(22)
      var sizes = convolution.sizes
      var x = numbers.floats(convolution.xCount)
      x[0] = .nan
      let w = numbers.floats(convolution.wCount)
      let packed = output(Int(ck_conv2d_packed_elements(&sizes))) { ck_conv2d_pack_f32($0, w, &sizes) }
      withScratch(ck_conv2d_scratch(&sizes, 2)) { scratch in
        let y = everyWay {
          output(convolution.yCount) { ck_conv2d_f32($0, x, packed, nil, nil, &sizes, CK_ACTIVATION_RELU, scratch) }
        }
        #expect(y[0].isNaN && y[13].isNaN)
        let touched = y.indices.filter { y[$0].isNaN }
        #expect(touched.allSatisfy { $0 < y.count / 2 && $0 % 12 < 4 && $0 / 12 % 12 < 4 })
      }
    }
  }
}
