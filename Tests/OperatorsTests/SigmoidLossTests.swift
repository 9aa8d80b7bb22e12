import Autodiff
import Foundation
import Graphs
import Tensors
import Testing

@testable import Operators

/// SigLIP's loss of a whole batch, against PyTorch.
@Suite("The sigmoid loss")
struct SigmoidLossTests {
  /// What Tests/Python/siglip_loss.py prints: open_clip's SigLipLoss and its gradients in double precision.
  private static let truth: [[Float]] = [
    [3.12872411],
    [
      -0.07279117, 0.04801256, 0.12467377, 0.37093510, -0.14044328, -0.52269876, -0.38144412, 0.06510337, 0.45179512,
      0.78126184, -0.00368334, -0.78524208, -0.78284809, -0.10638896, 0.66788370,
    ],
    [
      -0.78744285, -0.81094923, -0.08887263, 0.73641117, 0.89949034, 0.23558224, -0.33972909, -0.50055234, -0.20117008,
      0.28367863, 0.52102035, 0.27933836, -0.03609248, -0.08794555, -0.05894188,
    ],
    [0.96040410], [-0.13335089],
  ]

  /// The loss, and its gradients in the features (normalised here), the scale's logarithm and the bias.
  private func results(groups: [Int64]?, image: [Double], text: [Double], width: Int) throws -> [[Float]] {
    let rows = image.count / width
    let graph = try Graph.build("loss") { b in
      let features = ["image", "text"].map { b.input($0, .float32, [Dimension(rows), Dimension(width)]) }
      let (logScale, bias) = (b.input("log_scale", .float32, []), b.input("bias", .float32, []))
      let unit = features.map { $0 / $0.l2Norm([-1], keepDimensions: true) }
      let loss = unit[0].productSigmoidLoss(
        unit[1], scale: logScale.exp(), bias: bias, groups: groups.map { b.constant(NDArray($0, [rows])) }
      ).mean([0], keepDimensions: false)
      b.output("loss", loss)
      for (index, gradient) in b.gradients(of: loss, withRespectTo: features + [logScale, bias]).enumerated() {
        if let gradient { b.output("gradient\(index)", gradient) }
      }
    }
    let fed =
      [image, text].map { NDArray($0.map { Float($0) }, [rows, width]) } + [NDArray(Float(1.5)), NDArray(Float(-2))]
    return try NaiveEvaluator.outputs(graph, fed).map { $0.values(as: Float.self) }
  }

  private let image = (1...15).map { sin(Double($0)) }
  private let text = (1...15).map { cos(Double($0)) }

  @Test("value and gradients are PyTorch's", arguments: [nil, [4, 3, 2, 1, 0]] as [[Int64]?])
  func peer(groups: [Int64]?) throws {
    let found = try results(groups: groups, image: image, text: text, width: 3)
    #expect(found.map(\.count) == Self.truth.map(\.count))
    for (numbers, expected) in zip(found, Self.truth) {
      for (number, wanted) in zip(numbers, expected) {
        #expect(abs(number - wanted) <= 2e-6, "\(number), not \(wanted)")
      }
    }
  }

  @Test("rows of one group are pairs: the loss is that of a loop, the slopes are central differences of it")
  func groups() throws {
    let groups: [Int64] = [7, 1, 7, 2, 1]
    func loss(_ image: [Double], _ text: [Double], logScale: Double = 1.5, bias: Double = -2) -> Double {
      func row(_ x: [Double], _ i: Int) -> [Double] {
        let row = Array(x[3 * i..<3 * i + 3])
        let norm = row.reduce(0) { $0 + $1 * $1 }.squareRoot()
        return row.map { $0 / norm }
      }
      var sum = 0.0
      for i in 0..<5 {
        for j in 0..<5 {
          let cosine = zip(row(image, i), row(text, j)).reduce(0) { $0 + $1.0 * $1.1 }
          let logit = exp(logScale) * cosine + bias
          sum += log(1 + exp(groups[i] == groups[j] ? -logit : logit))
        }
      }
      return sum / 5
    }
    let found = try results(groups: groups, image: image, text: text, width: 3)
    #expect(abs(Double(found[0][0]) - loss(image, text)) <= 1e-6 * loss(image, text))
    let step = 1e-5
    func slope(_ f: (Double) -> Double) -> Double { (f(step) - f(-step)) / (2 * step) }
    func moved(_ x: [Double], _ index: Int, _ by: Double) -> [Double] {
      var x = x
      x[index] += by
      return x
    }
    for index in 0..<15 {
      let slopes = [
        slope { loss(moved(image, index, $0), text) }, slope { loss(image, moved(text, index, $0)) },
      ]
      #expect(abs(Double(found[1][index]) - slopes[0]) <= 1e-5 && abs(Double(found[2][index]) - slopes[1]) <= 1e-5)
    }
    #expect(abs(Double(found[3][0]) - slope { loss(image, text, logScale: 1.5 + $0) }) <= 1e-5)
    #expect(abs(Double(found[4][0]) - slope { loss(image, text, bias: -2 + $0) }) <= 1e-5)
  }

  @Test("what is no batch of pairs is refused")
  func mistakes() {
    let cases: [([Int], [Int]?, String)] = [([4, 3], nil, "number of b's rows"), ([5, 3], [6], "the groups")]
    for (b, groups, words) in cases {
      let error = #expect(throws: BuildError.self) {
        try Graph.build("loss") { builder in
          let (x, y) = (builder.input("a", .float32, [5, 3]), builder.input("b", .float32, Shape(b)))
          let one = builder.constant(1)
          builder.output(
            "y",
            x.productSigmoidLoss(
              y, scale: one, bias: one, groups: groups.map { builder.input("groups", .int64, Shape($0)) }))
        }
      }
      #expect(error.map { "\($0)".contains(words) } == true, "\(error.map { "\($0)" } ?? "")")
    }
  }
}
