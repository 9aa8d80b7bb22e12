import Graphs
import Operators
import Tensors
import Testing

/// Gradients against central differences of a random projection of the outputs.
struct GradientLawTests {
  @Test(arguments: OperatorCase.all.filter { !$0.wanted.isEmpty })
  func gradientIsThatOfFiniteDifferences(c: OperatorCase) throws {
    var projections: [NDArray] = []
    let graph = try c.graph { b, inputs, results in
      for (index, result) in results.enumerated() where index < c.seeded ?? results.count {
        projections.append(floats(result.shape.sizes ?? [], seed: 77 + UInt64(index)))
        b.output("y\(index)", result)
      }
      let seeds = results.indices.map { $0 < projections.count ? b.constant(projections[$0]) : nil }
      let pullback = Pullback(
        inputs: inputs, outputs: results, seeds: seeds,
        wanted: inputs.indices.map { c.wanted.contains($0) },
        differentiateDefinition: { op, _ in
          b.record(.unsupported, at: op.name, "leaves its gradient to its definition")
          return inputs.map { _ in nil }
        })
      let gradients = c.op.gradient(pullback)
      #expect(gradients.count == inputs.count)
      for index in c.wanted where index < gradients.count {
        guard let gradient = gradients[index] else { continue }
        #expect(gradient.type == inputs[index]?.type)
        b.output("d\(index)", gradient)
      }
    }
    let results = try NaiveEvaluator.outputs(graph, c.fed)
    try #require(results.count == projections.count + c.wanted.count, "an input has no gradient")
    let forward = try c.forward
    func loss(_ inputs: [NDArray]) throws -> Double {
      zip(try NaiveEvaluator.outputs(forward, inputs), projections).reduce(0) { sum, pair in
        zip(pair.0.numbers, pair.1.numbers).reduce(sum) { $0 + $1.0 * $1.1 }
      }
    }
    let positions = c.inputs.indices.filter { c.inputs[$0]?.scalar.isFloat ?? false }
    for (index, gradient) in zip(c.wanted, results.dropFirst(projections.count)) {
      let position = try #require(positions.firstIndex(of: index))
      let analytic = gradient.values(as: Float.self)
      let peak = max(analytic.map(abs).max() ?? 0, 1e-2)
      for element in stride(from: 0, to: analytic.count, by: max(1, analytic.count / 24)) {
        let numeric = try slope(at: element, of: position, c.fed, loss)
        let error = abs(numeric - analytic[element]) / peak
        #expect(error < 5e-3, "input \(index), element \(element): \(analytic[element]), numerically \(numeric)")
      }
    }
  }

  /// The five-point stencil: its error is of the fourth order.
  private func slope(
    at element: Int, of position: Int, _ fed: [NDArray], _ loss: ([NDArray]) throws -> Double
  ) throws -> Float {
    let step: Float = 1 / 64
    func at(_ shift: Float) throws -> Double {
      var inputs = fed
      var values = fed[position].values(as: Float.self)
      values[element] += shift
      inputs[position] = NDArray(values, fed[position].sizes)
      return try loss(inputs)
    }
    let near = try at(step) - at(-step)
    let far = try at(2 * step) - at(-2 * step)
    return Float((8 * near - far) / (12 * Double(step)))
  }
}
