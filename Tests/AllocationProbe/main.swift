import CAllocationCounter
import ClipGraph
import Foundation
import Graphs
import Tensors

/// Runs a graph file's program several times on memory that stays, and prints how many heap allocations the third run made.
///
/// usage: AllocationProbe MODEL.onnx (inference | training)
func probe(_ path: String, training: Bool) throws -> Int {
  let model = try readModel(path)
  let graph = training ? model.training?.step ?? model.graph : model.graph
  let engine = try Engine(graph, compilation: training ? .training : .inference, threads: 2)
  let (batch, sequence) = (4, 8)
  let inputs: [String: NDArray] = Dictionary(
    uniqueKeysWithValues: graph.inputs.map { id in
      let sizes = graph[id].type.shape.bound(["batch": batch, "sequence": sequence]).sizes ?? []
      let count = sizes.reduce(1, *)
      let array =
        graph[id].type.scalar == .int64
        ? NDArray((0..<count).map { Int64($0 % 50) }, sizes)
        : NDArray((0..<count).map { Float($0 % 7) / 7 }, sizes)
      return (graph[id].name, array)
    })
  let prepared = try engine.session.prepare(inputs, updates: training)
  let sources = prepared.program.inputs.compactMap { inputs[$0.name].map { UnsafeRawPointer($0.address) } }
  let targets = prepared.program.outputs.map {
    UnsafeMutableRawPointer.allocate(byteCount: max($0.byteCount, 64), alignment: 64)
  }
  defer { targets.forEach { $0.deallocate() } }
  return try sources.withUnsafeBufferPointer { sources in
    try targets.withUnsafeBufferPointer { targets in
      for _ in 0..<2 { try prepared.run(inputs: sources, outputs: targets) }
      allocation_counter_start()
      try prepared.run(inputs: sources, outputs: targets)
      return allocation_counter_stop()
    }
  }
}

let arguments = CommandLine.arguments
guard arguments.count == 3 else { exit(64) }
do { print(try probe(arguments[1], training: arguments[2] == "training")) } catch {
  FileHandle.standardError.write(Data("\(error)\n".utf8))
  exit(1)
}
