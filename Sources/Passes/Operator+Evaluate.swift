import Graphs
import Operators
import Tensors

extension Operator {
  /// Runs the operator's kernel once, from the caller's thread and with its threads.
  ///
  /// - Parameter limit: the most bytes of one result.
  /// - Throws: `ShapeError` for sizes or types without a kernel, results that are too large, and data that the kernel refuses.
  func evaluated(
    on inputs: [NDArray?], outputs: [Value?], limit: Int = FoldConstants.largest
  ) throws(ShapeError) -> [NDArray] {
    var results: [NDArray] = []
    for output in outputs {
      guard let output, let sizes = output.type.shape.sizes else { throw ShapeError("a result has no known size") }
      let bytes = try NDArray.byteCount(output.type.scalar, sizes)
      try require(bytes <= limit, "a result of \(bytes) bytes is too large to be folded")
      results.append(try NDArray(zeros: output.type.scalar, sizes))
    }
    // Kernels may ask for alignment that a place in a file does not have.
    let inputs = inputs.map { array in array.map { Int(bitPattern: $0.address) % 64 == 0 ? $0 : $0.copied() } }
    let site = CallSite(
      inputs: inputs.map { array in
        array.map {
          CallSite.Slot(
            scalar: $0.scalar, sizes: $0.sizes, contents: $0.sizes.count <= 1 ? $0.integers : nil, constant: $0)
        }
      },
      outputs: results.map { CallSite.Slot(scalar: $0.scalar, sizes: $0.sizes) }, threads: Threads.count)
    let kernel = try bind(site)
    if let source = kernel.viewOf, source < inputs.count, let array = inputs[source] {
      return [try array.reshaped(results[0].sizes)]
    }
    let scratch = Storage(byteCount: kernel.scratch)
    let table = inputs.map { $0?.address } + results.map { Optional($0.address) }
    let complaint = table.withUnsafeBufferPointer { pointers -> String? in
      guard let base = pointers.baseAddress else { return nil }
      let buffers = Buffers(table: base, inputCount: inputs.count, scratch: scratch.base)
      if let complaint = kernel.check?(buffers) { return complaint }
      kernel.run(buffers)
      return nil
    }
    if let complaint { throw ShapeError(complaint) }
    return results
  }
}
