import CKernels
import Testing

extension KernelsTests {
  @Suite struct BatchNormalization {
    /// What a channel is normalised with, and its gradients, in double precision.
    struct Reference {
      let shape: [Int]
      let x: [Float]
      let dy: [Float]
      let scale: [Float]
      let epsilon = 1e-5
      var mean: [Double] = []
      var variance: [Double] = []

      init(_ shape: [Int], offset: Float) {
        var numbers = Numbers(31)
        let count = shape.reduce(1, *)
        self.shape = shape
        x = numbers.floats(count, scale: 2).map { $0 + offset }
        dy = numbers.floats(count)
        scale = numbers.floats(shape[1])
        for channel in 0..<shape[1] {
          let values = elements(channel).map { Double(x[$0]) }
          let centre = values.reduce(0, +) / Double(values.count)
          mean.append(centre)
          variance.append(values.reduce(0) { $0 + ($1 - centre) * ($1 - centre) } / Double(values.count))
        }
      }

      /// The positions of a channel.
      func elements(_ channel: Int) -> [Int] {
        let (channels, plane) = (shape[1], shape[2])
        return (0..<shape[0]).flatMap { image in (0..<plane).map { (image * channels + channel) * plane + $0 } }
      }

      func outputs(bias: [Float]) -> [Double] {
        var y = [Double](repeating: 0, count: x.count)
        for channel in 0..<shape[1] {
          let factor = Double(scale[channel]) / (variance[channel] + epsilon).squareRoot()
          for at in elements(channel) { y[at] = (Double(x[at]) - mean[channel]) * factor + Double(bias[channel]) }
        }
        return y
      }

      func gradients(training: Bool) -> (dx: [Double], dscale: [Double], dbias: [Double]) {
        var (dx, dscale, dbias) = ([Double](repeating: 0, count: x.count), [Double](), [Double]())
        for channel in 0..<shape[1] {
          let inverse = 1 / (variance[channel] + epsilon).squareRoot()
          let places = elements(channel)
          let normalised = places.map { (Double(x[$0]) - mean[channel]) * inverse }
          dbias.append(places.reduce(0) { $0 + Double(dy[$1]) })
          dscale.append(zip(places, normalised).reduce(0) { $0 + Double(dy[$1.0]) * $1.1 })
          for (at, value) in zip(places, normalised) {
            let carried = training ? (dbias[channel] + value * dscale[channel]) / Double(places.count) : 0
            dx[at] = Double(scale[channel]) * inverse * (Double(dy[at]) - carried)
          }
        }
        return (dx, dscale, dbias)
      }
    }

    /// Batch, channels, plane; the last ones are cut into stretches.
    static let shapes = [[4, 3, 1], [2, 5, 49], [1, 1, 7], [3, 2, 1030], [1, 3, 40_000], [70, 2, 529]]

    @Test(arguments: shapes, [Float(0), 1000]) func forwardAndBackward(_ shape: [Int], offset: Float) {
      let r = Reference(shape, offset: offset)
      let (b, c, p) = (Int64(shape[0]), Int64(shape[1]), Int64(shape[2]))
      var numbers = Numbers(32)
      let bias = numbers.floats(shape[1])
      let (mean, variance) = (r.mean.map { Float($0) }, r.variance.map { Float($0) })
      // The mean is held in single precision: far from 0, that moves everything by so much of a deviation.
      let tolerance = offset == 0 ? 2e-6 : 5e-5
      let given = everyWay {
        output(r.x.count) { ck_batch_normalization_f32($0, r.x, r.scale, bias, mean, variance, b, c, p, 1e-5) }
      }
      expectClose(given, r.outputs(bias: bias), within: tolerance)
      let old = [Float](repeating: 3, count: shape[1])
      withScratch(ck_batch_normalization_scratch(b, c, p)) { scratch in
        for momentum: Float in [0, 0.75] {
          var running: [[Float]] = []
          let y = everyWay {
            var (runningMean, runningVariance, y): ([Float], [Float], [Float]) = ([], [], [])
            runningMean = output(shape[1]) { m in
              runningVariance = output(shape[1]) { v in
                y = output(r.x.count) {
                  if momentum == 0 {
                    ck_batch_normalization_training_f32(
                      $0, m, v, r.x, r.scale, bias, nil, nil, b, c, p, 1e-5, 0, scratch)
                  } else {
                    ck_batch_normalization_training_f32(
                      $0, m, v, r.x, r.scale, bias, old, old, b, c, p, 1e-5, momentum, scratch)
                  }
                }
              }
            }
            running = [runningMean, runningVariance]
            return y + runningMean + runningVariance
          }
          expectClose(Array(y.prefix(r.x.count)), r.outputs(bias: bias), within: tolerance)
          let kept = Double(momentum)
          expectClose(running[0], r.mean.map { 3 * kept + $0 * (1 - kept) })
          expectClose(running[1], r.variance.map { 3 * kept + $0 * (1 - kept) }, within: 2e-6)
        }
        for (training, recomputes) in [(true, false), (true, true), (false, false)] {
          let (dx, dscale, dbias) = r.gradients(training: training)
          let all = everyWay {
            var (ds, db): ([Float], [Float]) = ([], [])
            let dx = output(r.x.count) { dx in
              ds = output(shape[1]) { ds in
                db = output(shape[1]) { db in
                  mean.withUnsafeBufferPointer { m in
                    variance.withUnsafeBufferPointer { v in
                      ck_batch_normalization_gradient_f32(
                        dx, ds, db, r.dy, r.x, r.scale, recomputes ? nil : m.baseAddress,
                        recomputes ? nil : v.baseAddress, b, c, p, 1e-5, training, scratch)
                    }
                  }
                }
              }
            }
            return dx + ds + db
          }
          expectClose(Array(all.prefix(r.x.count)), dx, within: tolerance * 2)
          expectClose(Array(all.dropFirst(r.x.count).prefix(shape[1])), dscale, within: tolerance * 20)
          expectClose(Array(all.suffix(shape[1])), dbias, within: 5e-6)
        }
      }
    }

    @Test func theResultMayLieInAnOperand() {
      let r = Reference([3, 2, 50], offset: 0)
      let bias: [Float] = [1, 2]
      withScratch(ck_batch_normalization_scratch(3, 2, 50)) { scratch in
        let apart = output(300) {
          ck_batch_normalization_gradient_f32(
            $0, nil, nil, r.dy, r.x, r.scale, nil, nil, 3, 2, 50, 1e-5, true, scratch)
        }
        var (dy, x, y) = (r.dy, r.x, r.x)
        dy.withUnsafeMutableBufferPointer {
          ck_batch_normalization_gradient_f32(
            $0.baseAddress, nil, nil, $0.baseAddress, r.x, r.scale, nil, nil, 3, 2, 50, 1e-5, true, scratch)
        }
        expectEqual(dy, apart)
        x.withUnsafeMutableBufferPointer {
          ck_batch_normalization_gradient_f32(
            $0.baseAddress, nil, nil, r.dy, $0.baseAddress, r.scale, nil, nil, 3, 2, 50, 1e-5, true, scratch)
        }
        expectEqual(x, apart)
        y.withUnsafeMutableBufferPointer {
          ck_batch_normalization_training_f32(
            $0.baseAddress, nil, nil, $0.baseAddress, r.scale, bias, nil, nil, 3, 2, 50, 1e-5, 0, scratch)
        }
        expectClose(y, r.outputs(bias: bias), within: 2e-6)
      }
    }
  }
}
