import Tensors

extension Operator {
  /// Runs the operator's kernel once, on the caller's thread.
  ///
  /// - Parameters:
  ///   - limit: the most bytes of one result.
  ///   - threads: how many threads kernels use that are called from this thread.
  ///   - budget: pays for the results and the work; nil where that is bounded otherwise.
  /// - Throws: `ShapeError` for sizes or types without a kernel, results that are too large, and data that the kernel refuses.
  public func evaluated(
    on inputs: [NDArray?], outputs: [Value?], limit: Int, threads: Int, budget: EvaluationBudget? = nil
  ) throws(ShapeError) -> [NDArray] {
    // All is paid for before it is done; looking at the inputs costs something even where nothing comes of it.
    for case let array? in inputs { try budget?.spend(work: array.byteCount) }
    var slots: [CallSite.Slot] = []
    var resultBytes = 0
    for output in outputs {
      guard let output, let sizes = output.type.shape.sizes else { throw ShapeError("a result has no known size") }
      let bytes = try NDArray.byteCount(output.type.scalar, sizes)
      try require(bytes <= limit, "a result of \(bytes) bytes is too large to be folded")
      resultBytes = min(resultBytes, 1 << 60) + min(bytes, 1 << 60)
      slots.append(CallSite.Slot(scalar: output.type.scalar, sizes: sizes))
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
      outputs: slots, threads: threads)
    let kernel = try bind(site)
    if let source = kernel.viewOf, source < inputs.count, let array = inputs[source] {
      return [try array.reshaped(slots[0].sizes)]
    }
    let (operations, overflows) = kernel.flops.multipliedReportingOverflow(by: kernel.effort)
    for work in [overflows ? .max : operations, kernel.bytes, kernel.scratch] { try budget?.spend(work: work) }
    try budget?.spend(bytes: resultBytes)
    let results = try slots.map { slot throws(ShapeError) in try NDArray(zeros: slot.scalar, slot.sizes) }
    let scratch = try Storage.uninitialized(byteCount: kernel.scratch)
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

extension Graph {
  /// The most bytes of one value on the way and of all, the most nodes, and the most work.
  private static let evaluationLimit = (bytes: 4 << 20, allBytes: 64 << 20, nodes: 4096, work: 1 << 28)

  /// The numbers of a value that depends on nothing but constants and known extents; nil for others, and for what would
  /// take long.
  public func evaluated(_ id: ValueID) -> NDArray? {
    if let array = known(id) { return array }
    let producers = self.producers
    let budget = EvaluationBudget(bytes: Graph.evaluationLimit.allBytes, work: Graph.evaluationLimit.work)
    var numbers: [ValueID: NDArray] = [:]
    var pending = [id]
    var seen: Set<Int> = []
    while let value = pending.last {
      if numbers[value] != nil {
        pending.removeLast()
        continue
      }
      if let array = known(value) {
        numbers[value] = array
        continue
      }
      guard let index = producers[value] else { return nil }
      let node = nodes[index]
      let missing = node.inputs.compactMap { $0 }.filter { numbers[$0] == nil }
      if missing.isEmpty {
        let inputs = node.inputs.map { $0.flatMap { numbers[$0] } }
        let outputs = node.outputs.map { $0.map { self[$0] } }
        guard !outputs.contains(where: { $0 == nil }),
          let results = try? node.op.evaluated(
            on: inputs, outputs: outputs, limit: Graph.evaluationLimit.bytes, threads: 1, budget: budget)
        else { return nil }
        for (output, array) in zip(node.outputs, results) { if let output { numbers[output] = array } }
      } else {
        guard seen.insert(index).inserted, seen.count <= Graph.evaluationLimit.nodes else { return nil }
        pending.append(contentsOf: missing)
      }
    }
    return numbers[id]
  }

  /// The numbers of a constant that no run changes, or elements that inference has found.
  private func known(_ id: ValueID) -> NDArray? {
    if let array = fixedNumbers(id) { return array }
    guard let contents = self[id].contents, let sizes = self[id].type.shape.sizes else { return nil }
    let numbers = contents.compactMap { $0.constant }
    guard numbers.count == contents.count, numbers.count == sizes.reduce(1, *) else { return nil }
    return NDArray(integers: numbers, self[id].type.scalar, sizes)
  }
}

extension NDArray {
  /// Integers of an integer or Boolean type; nil for floating point and where a number does not fit the type.
  public init?(integers numbers: [Int], _ scalar: ScalarType, _ sizes: [Int]) {
    func converted<T: Scalar & FixedWidthInteger>(_: T.Type) -> NDArray? {
      var values: [T] = []
      for number in numbers {
        guard let value = T(exactly: number) else { return nil }
        values.append(value)
      }
      return NDArray(values, sizes)
    }
    let array: NDArray?
    switch scalar {
    case .int64: array = converted(Int64.self)
    case .int32: array = converted(Int32.self)
    case .int16: array = converted(Int16.self)
    case .int8: array = converted(Int8.self)
    case .uint64: array = converted(UInt64.self)
    case .uint32: array = converted(UInt32.self)
    case .uint16: array = converted(UInt16.self)
    case .uint8: array = converted(UInt8.self)
    case .bool: array = NDArray(numbers.map { $0 != 0 }, sizes)
    case .float32, .float64, .float16, .bfloat16: array = nil
    }
    guard let array else { return nil }
    self = array
  }
}
