import Autodiff
import Graphs
import Operators
import Tensors
import Testing

@Suite("Reverse mode")
struct GradientTests {
  @Test("a value used twice gets both gradients; what the loss does not see has none")
  func accumulation() throws {
    var shapes: [Shape?] = []
    let graph = try Graph.build("f") { b in
      let x = b.parameter("x", NDArray([Float(1), 2, 3], [3]))
      let unused = b.parameter("unused", NDArray(Float(1)))
      let y = (x * x + x).sum([0], keepDimensions: false)
      let gradients = b.gradients(of: y, withRespectTo: [x, unused])
      shapes = gradients.map { $0?.shape }
      if let gradient = gradients[0] { b.output("dx", gradient) }
    }
    #expect(shapes == [[3], nil])
    #expect(graph.outputs.map(\.name) == ["dx"])
    try graph.verify()
  }

  @Test("only a floating-point scalar has a gradient")
  func scalarsOnly() {
    let error = #expect(throws: BuildError.self) {
      try Graph.build("f") { b in
        let x = b.parameter("x", NDArray([Float(1), 2], [2]))
        _ = b.gradients(of: x, withRespectTo: [x])
      }
    }
    #expect(error?.description.contains("x: is f32[2]") == true)
  }

  @Test("gradient nodes bear the path of what they differentiate")
  func names() throws {
    let graph = try Graph.build("f") { b in
      let x = b.parameter("x", NDArray([Float(1), 2], [2]))
      let y = b.scoped("tower") { x.exp() }
      b.output("dx", b.gradients(of: y.sum([0], keepDimensions: false), withRespectTo: [x])[0] ?? x)
    }
    #expect(graph.nodes.contains { $0.name.hasPrefix("gradient/tower/Exp/") })
  }

  @Test("a file's Gradient that names nothing, or is given other types, is a mistake of the file")
  func mistakes() {
    let cases: [(xs: [String], y: String, message: String)] = [
      (["a"], "z", "z is no tensor before the Gradient"), (["a", "a"], "y", "has 1 inputs for"),
      (["b"], "y", "b is given as f32[2]"), (["a"], "n", "n is i64[2], which has no gradient"),
    ]
    for (xs, y, message) in cases {
      let error = #expect(throws: BuildError.self) {
        try Graph.build("f") { b in
          let a = b.input("a", .float32, [2])
          _ = b.input("b", .float32, [3])
          _ = a.exp().named("y")
          _ = a.cast(to: .int64).named("n")
          var op = Gradient()
          (op.xs, op.y) = (xs, y)
          _ = op.elaboration([a], outputs: 1)
        }
      }
      #expect(error?.description.contains(message) == true, "\(error?.description ?? "")")
    }
  }
}
