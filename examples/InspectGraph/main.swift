import ClipGraph
import Foundation
import Graphs
import Passes
import Runtime

// Reads any graph file, optimises it, and shows which operators came and went, and what memory a run needs.
//
//     swift run ExampleInspectGraph model.onnx batch=8

func operators(of graph: Graph) -> [String: Int] {
  graph.nodes.reduce(into: [:]) { $0[$1.op.name, default: 0] += 1 }
}

let arguments = CommandLine.arguments
guard arguments.count >= 2 else {
  FileHandle.standardError.write(Data("usage: ExampleInspectGraph MODEL.onnx [NAME=SIZE…]\n".utf8))
  exit(64)
}

do {
  let graph = try readModel(arguments[1]).graph
  let log = RewriteLog()
  let optimised = try Pipeline.inference.run(graph, log: log)
  let (before, after) = (operators(of: graph), operators(of: optimised))
  for name in Set(before.keys).union(after.keys).sorted() where before[name] != after[name] {
    print("\(name): \(before[name] ?? 0) → \(after[name] ?? 0)")
  }
  for (rule, count) in log.applications.sorted(by: { $0.key < $1.key }) { print("\(rule) fired \(count) times") }

  var sizes = Dictionary(uniqueKeysWithValues: graph.symbols.map { ($0, 1) })
  for argument in arguments.dropFirst(2) {
    let parts = argument.split(separator: "=").map(String.init)
    if parts.count == 2, let size = Int(parts[1]) { sizes[parts[0]] = size }
  }
  let program = try Engine(graph, compilation: .inference).session.program(sizes)
  let memory = program.memory
  print("\(program.steps.count) steps, \(program.flops) floating-point operations")
  print("arena \(memory.arenaByteCount) bytes; all tensors \(memory.tensorByteCount); lower bound \(memory.lowerBound)")
} catch {
  FileHandle.standardError.write(Data("ExampleInspectGraph: \(error)\n".utf8))
  exit(1)
}
