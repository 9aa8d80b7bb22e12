import Graphs
import Tensors

extension GraphImporter {
  /// Sequences are lists of bindings: their lengths and positions must be known while the file is read.
  func importSequence(
    _ operation: WireSyntax.Sequence, _ attributes: [(name: String, value: AttributeValue)], _ inputs: [Binding?],
    _ outputs: [String], _ frame: inout Frame, at place: String
  ) throws(ONNXError) {
    guard outputs.count == 1 else { throw ONNXError(.invalid, at: place, "\(operation.rawValue) has one output") }
    let name = valueName(outputs[0], in: frame)
    func number(_ key: String, _ standard: Int) -> Int {
      for case (key, .int(let number)) in attributes { return number }
      return standard
    }
    func tensor(_ position: Int) throws(ONNXError) -> Binding {
      guard position < inputs.count, let input = inputs[position], input.isTensor else {
        throw ONNXError(.invalid, at: place, "\(operation.rawValue) needs a tensor as input \(position)")
      }
      return input
    }
    func elements() throws(ONNXError) -> [Binding] {
      guard let first = inputs.first, let elements = first?.elements else {
        throw ONNXError(.invalid, at: place, "\(operation.rawValue) needs a sequence")
      }
      return elements
    }
    func index(_ position: Int, count: Int, standard: Int) throws(ONNXError) -> Int {
      guard position < inputs.count, let input = inputs[position] else { return standard }
      guard let index = numbers(of: input)?.integers?.first else {
        throw ONNXError(.unsupported, at: place, "the position \(input.name) in a sequence depends on data")
      }
      let place0 = index < 0 ? index + count : index
      guard place0 >= 0, place0 <= max(count, 0) else {
        throw ONNXError(.invalid, at: place, "position \(index) is outside of a sequence of \(count)")
      }
      return place0
    }
    var result: Binding
    switch operation {
    case .empty: result = Binding(elements: [], name: name)
    case .construct:
      let parts = try inputs.indices.map { position throws(ONNXError) in try tensor(position) }
      result = Binding(elements: parts, name: name)
    case .insert:
      var list = try elements()
      list.insert(try tensor(1), at: try index(2, count: list.count, standard: list.count))
      result = Binding(elements: list, name: name)
    case .erase:
      var list = try elements()
      let position = try index(1, count: list.count, standard: list.count - 1)
      guard list.indices.contains(position) else {
        throw ONNXError(.invalid, at: place, "nothing is at position \(position) of a sequence of \(list.count)")
      }
      list.remove(at: position)
      result = Binding(elements: list, name: name)
    case .at:
      let list = try elements()
      let position = try index(1, count: list.count, standard: 0)
      guard list.indices.contains(position) else {
        throw ONNXError(.invalid, at: place, "nothing is at position \(position) of a sequence of \(list.count)")
      }
      result = list[position]
    case .length:
      result = Binding(constant: NDArray(Int64(try elements().count)), name: name, isState: false)
    case .split:
      result = Binding(
        elements: try split(
          try tensor(0), inputs.count > 1 ? inputs[1] : nil, axis: number("axis", 0), keeps: number("keepdims", 1) != 0,
          &frame, at: place), name: name)
    case .concatenate:
      var parts = try elements()
      let axis = number("axis", 0)
      guard !parts.isEmpty else { throw ONNXError(.invalid, at: place, "nothing is in the sequence") }
      if number("new_axis", 0) != 0 {
        parts = try parts.map { part throws(ONNXError) in
          try make("Unsqueeze", [:], [1: NDArray([Int64(axis)], [1])], [part], &frame, at: place)[0]
        }
      }
      result = try make("Concat", ["axis": .int(axis)], [:], parts, &frame, at: place)[0]
    }
    try frame.bind(outputs[0], result, at: place)
  }

  /// Parts along an axis: of one element each, of a size (the last may be smaller), or of the given sizes.
  private func split(
    _ x: Binding, _ sizes: Binding?, axis: Int, keeps: Bool, _ frame: inout Frame, at place: String
  ) throws(ONNXError) -> [Binding] {
    let shape = graph[value(x)].type.shape
    guard let position = try? shape.axis(axis), let extent = shape[position].constant else {
      throw ONNXError(
        .unsupported, at: place, "a sequence is made of axis \(axis) of \(shape), whose extent is not known")
    }
    var parts = [Int](repeating: 1, count: min(extent, 1 << 12))
    if let sizes {
      guard let array = numbers(of: sizes), let given = array.integers, !given.contains(where: { $0 < 0 }) else {
        throw ONNXError(.unsupported, at: place, "the sizes \(sizes.name) of a sequence's parts depend on data")
      }
      parts = given
      if array.sizes.isEmpty, let size = given.first, size > 0 {
        parts = stride(from: 0, to: extent, by: size).map { min(size, extent - $0) }
      }
    }
    guard parts.count <= 1 << 12, parts.reduce(0, +) == extent, !parts.isEmpty else {
      throw ONNXError(.unsupported, at: place, "axis \(axis) of \(shape) is not cut into \(parts.count) parts")
    }
    let made = try make(
      "Split", ["axis": .int(axis)], [1: NDArray(parts.map { Int64($0) }, [parts.count])], [x], outputs: parts.count,
      &frame, at: place)
    if keeps || sizes != nil { return made }
    return try made.map { part throws(ONNXError) in
      try make("Squeeze", [:], [1: NDArray([Int64(position)], [1])], [part], &frame, at: place)[0]
    }
  }

  /// A node that the file does not write itself: an operator of opset 13.
  private func make(
    _ operation: String, _ attributes: [String: AttributeValue], _ constants: [Int: NDArray], _ inputs: [Binding],
    outputs: Int = 1, _ frame: inout Frame, at place: String
  ) throws(ONNXError) -> [Binding] {
    guard let form = context.catalogue.form(domain: "", name: operation, opset: 13) else {
      throw ONNXError(.unsupported, at: place, "\(operation) is not supported")
    }
    let op: any Operator
    do { op = try form.decode(attributes.map { ($0.key, $0.value) }, constants) } catch {
      throw ONNXError(.invalid, at: place, error.message)
    }
    var inner = Frame(imports: frame.imports)
    inner.isInner = true
    inner.prefix = place + "/"
    let names = (0..<outputs).map { "\(operation)_\($0)" }
    try add(op, inputs, names, &inner, at: freshNodeName("\(place)/\(operation)"))
    return names.compactMap { inner.scope[$0] }
  }
}
