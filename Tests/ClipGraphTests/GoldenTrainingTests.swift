import ClipGraph
import Graphs
import Tensors
import Testing
import TrainingGraphs

@Suite("Goldens: training from a written and re-read file")
struct GoldenTrainingTests {
  @Test(
    "three steps: losses, rates, gradients and states", arguments: Golden.all,
    [Engine.Compilation.training, .none])
  func steps(golden: Golden, compilation: Engine.Compilation) throws {
    var graph = try #require(try golden.model(training: true).training).step
    let gradients = graph.values.indices.filter {
      graph.values[$0].name.hasPrefix("gradient.") && !graph.values[$0].name.contains("/")
    }
    for index in gradients { graph.outputs.append(.init(name: graph.values[index].name, value: ValueID(index))) }
    let engine = try Engine(graph, compilation: compilation)
    for step in 0..<3 {
      let expected = try golden.step(step)
      let outputs = try engine.step(expected.filter { ["image", "text"].contains($0.key) })
      try check(outputs["loss"], expected["loss"], within: 1e-5)
      try check(outputs["learning_rate"], expected["lr"], within: 1e-6)
      var compared = 0
      var all = (close: 0.0, count: 0.0)
      for (name, truth) in expected {
        if name.hasPrefix("grad.") {
          let distance = try Distance(outputs["gradient." + name.dropFirst(5)], truth)
          #expect(distance.maximum <= 1e-4, "step \(step): gradient of \(name): \(distance.maximum)")
          compared += 1
        } else if name.hasPrefix("state.") {
          let state = try engine.session.state(named: String(name.dropFirst(6)))
          let distance = try Distance(state, truth)
          all.close += distance.close * Double(truth.count)
          all.count += Double(truth.count)
          #expect(distance.relative <= 1e-3, "step \(step): \(name): \(distance.relative)")
          let close = name.hasSuffix("in_proj_bias") ? try Distance(withoutKeys: state, truth).close : distance.close
          #expect(close >= 0.998, "step \(step): \(name): only \(close) close")
          compared += 1
        }
      }
      #expect(all.close / all.count >= 0.998)
      #expect(compared == expected.count { $0.key.hasPrefix("grad.") || $0.key.hasPrefix("state.") })
    }
  }

  @Test("AdamW fed with the goldens' gradients is within 1e-6", arguments: Golden.all)
  func optimiser(golden: Golden) throws {
    var graph = try #require(try golden.model(training: true).training).step
    var fed: [String] = []
    for index in graph.values.indices {
      let name = graph.values[index].name
      guard name.hasPrefix("gradient."), !name.contains("/") else { continue }
      // The gradient becomes an input: its producer is cut off.
      let input = graph.addValue(Value(name: "fed." + name, type: graph.values[index].type))
      graph.inputs.append(input)
      graph.replaceUses([ValueID(index): input])
      fed.append(String(name.dropFirst("gradient.".count)))
    }
    graph.outputs = []
    let engine = try Engine(try graph.pruned(), compilation: .training)
    for step in 0..<3 {
      let expected = try golden.step(step)
      var inputs: [String: NDArray] = [:]
      for name in fed {
        let gradient = try #require(expected["grad." + name])
        inputs["fed.gradient." + name] = name == "logit_scale" ? try gradient.reshaped([]) : gradient
      }
      try engine.step(inputs, outputs: [])
      for name in fed {
        let distance = try Distance(try engine.session.state(named: name), try #require(expected["state." + name]))
        #expect(distance.maximum <= 1e-6, "step \(step): \(name): \(distance.maximum)")
      }
    }
    #expect(fed.count > 50)
  }

  private func check(_ actual: NDArray?, _ expected: NDArray?, within tolerance: Double) throws {
    let distance = try Distance(actual, try #require(expected))
    #expect(distance.maximum <= tolerance)
  }
}
