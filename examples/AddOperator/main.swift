import Autodiff
import ClipGraph
import Foundation
import Graphs
import ONNX
import Operators
import Tensors

// Adds an operator to the catalogue, uses it in a graph, differentiates it, and stores and reads the graph.
//
//     swift run ExampleAddOperator

do {
  let graph = try Graph.build("ramp") { builder in
    let x = builder.input("x", .float32, [.symbol("batch")])
    let y = x.softplus()
    builder.output("y", y)
    let loss = y.sum([0])
    if let gradient = builder.gradients(of: loss, withRespectTo: [x])[0] { builder.output("gradient", gradient) }
  }
  print(graph)

  // A catalogue is a list of types: the standard one and ours.
  let catalogue = Catalogue(Catalogue.standard.operators + [Softplus.self])
  let path = NSTemporaryDirectory() + "/softplus-\(ProcessInfo.processInfo.processIdentifier).onnx"
  defer { try? FileManager.default.removeItem(atPath: path) }
  try Model(graph: graph).write(to: path)
  let read = try Model(contentsOf: path, catalogue: catalogue)

  let x: [Float] = [-100, -1, 0, 1, 100]
  let results = try Engine(read.graph, compilation: .inference).run(["x": NDArray(x, [x.count])])
  let y = results["y"]?.values(as: Float.self) ?? []
  let slopes = results["gradient"]?.values(as: Float.self) ?? []
  for index in x.indices where index < y.count && index < slopes.count {
    print("softplus(\(x[index])) = \(y[index]), slope \(slopes[index])")
  }
} catch {
  FileHandle.standardError.write(Data("ExampleAddOperator: \(error)\n".utf8))
  exit(1)
}
