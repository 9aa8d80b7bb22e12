import Graphs
import Operators
import Tensors

/// Runs a graph of concrete sizes node by node. Every output has memory of its own between canaries.
enum NaiveEvaluator {
  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  /// Bytes before and after every output that must stay as they are.
  private static let margin = 64

  /// All values of `graph`, with `fed` for its inputs in order. Outputs hold `garbage` before they are written.
  static func values(
    _ graph: Graph, _ fed: [NDArray], threads: Int = 2, garbage: UInt8 = 0xA5
  ) throws -> [ValueID: NDArray] {
    var numbers = graph.constants
    for (id, array) in zip(graph.inputs, fed) { numbers[id] = array }
    for node in graph.nodes {
      let made = try run(graph, node, numbers, threads: threads, garbage: garbage)
      for (id, array) in zip(node.outputs, made) { if let id { numbers[id] = array } }
    }
    return numbers
  }

  /// The outputs of `graph`, in order.
  static func outputs(
    _ graph: Graph, _ fed: [NDArray], threads: Int = 2, garbage: UInt8 = 0xA5
  ) throws -> [NDArray] {
    let graph = try graph.expandingMacros()
    let numbers = try values(graph, fed, threads: threads, garbage: garbage)
    return try graph.outputs.map { output in
      guard let array = numbers[output.value] else { throw Failure(description: "\(output.name) was not made") }
      return array
    }
  }

  /// What `bind` sees of a node.
  static func site(_ graph: Graph, _ node: Node, threads: Int) throws -> CallSite {
    func slot(_ id: ValueID?) throws -> CallSite.Slot? {
      guard let id else { return nil }
      let value = graph[id]
      guard let sizes = value.type.shape.sizes else { throw Failure(description: "\(value.name) is \(value.type)") }
      let numbers = value.contents?.compactMap(\.constant)
      return CallSite.Slot(
        scalar: value.type.scalar, sizes: sizes, contents: numbers?.count == value.contents?.count ? numbers : nil,
        constant: graph.fixedNumbers(id))
    }
    return CallSite(inputs: try node.inputs.map(slot), outputs: try node.outputs.map(slot), threads: threads)
  }

  /// Binds and runs one node. With `sharing`, that output lies in a copy of that input.
  static func run(
    _ graph: Graph, _ node: Node, _ numbers: [ValueID: NDArray], threads: Int, garbage: UInt8 = 0xA5,
    sharing: Kernel.InPlace? = nil
  ) throws -> [NDArray] {
    let site = try site(graph, node, threads: threads)
    let kernel: Kernel
    do { kernel = try node.op.bind(site) } catch { throw Failure(description: "\(node.name): \(error.message)") }
    var inputs = node.inputs.map { $0.flatMap { numbers[$0] } }
    if let source = kernel.viewOf {
      guard let array = inputs[source] else { throw Failure(description: "\(node.name) views an absent input") }
      return [try array.reshaped(site.output().sizes)]
    }
    var outputs: [NDArray?] = []
    for (index, slot) in site.outputs.enumerated() {
      guard let slot else {
        outputs.append(nil)
        continue
      }
      let storage = Storage(byteCount: slot.byteCount + 2 * margin)
      storage.base.initializeMemory(as: UInt8.self, repeating: garbage, count: storage.count)
      let array = try NDArray(slot.scalar, slot.sizes, storage: storage, offset: margin)
      if let sharing, sharing.output == index, let source = inputs[sharing.input] {
        array.address.copyMemory(from: source.address, byteCount: array.byteCount)
        inputs[sharing.input] = try NDArray(source.scalar, source.sizes, storage: storage, offset: margin)
      }
      outputs.append(array)
    }
    try execute(kernel, inputs, outputs, place: node.name)
    for array in outputs.compactMap({ $0 }) where !marginsIntact(array, garbage) {
      throw Failure(description: "\(node.name): \(kernel.name) wrote outside of its output")
    }
    return outputs.compactMap { $0 }
  }

  private static func execute(
    _ kernel: Kernel, _ inputs: [NDArray?], _ outputs: [NDArray?], place: String
  ) throws {
    let scratch = Storage(byteCount: kernel.scratch)
    let table = inputs.map { $0?.address } + outputs.map { $0?.address }
    try table.withUnsafeBufferPointer { pointers in
      guard let base = pointers.baseAddress else { return }
      let buffers = Buffers(table: base, inputCount: inputs.count, scratch: scratch.base)
      if let complaint = kernel.check?(buffers) { throw Failure(description: "\(place): \(complaint)") }
      kernel.run(buffers)
      withExtendedLifetime((inputs, outputs, scratch)) {}
    }
  }

  private static func marginsIntact(_ array: NDArray, _ garbage: UInt8) -> Bool {
    let bytes = UnsafeRawBufferPointer(start: array.storage.base, count: array.storage.count)
    return bytes.prefix(margin).allSatisfy { $0 == garbage } && bytes.suffix(margin).allSatisfy { $0 == garbage }
  }
}
