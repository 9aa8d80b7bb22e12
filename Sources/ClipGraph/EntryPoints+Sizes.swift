import Graphs
import Tensors

extension EntryPoints {
  /// The points of the graph for pictures and captions of one size, where its inputs leave them open: what is known of all
  /// runs makes the graph smaller. The number of items stays open.
  ///
  /// - Parameters:
  ///   - side: of the pictures; nil leaves them as they are.
  ///   - length: tokens of every caption; nil leaves them as they are.
  /// - Throws: `ClipGraphError` where the graph contradicts the sizes.
  public func bound(side: Int?, length: Int?, place: String) throws(ClipGraphError) -> EntryPoints {
    var numbers: [String: Int] = [:]
    func bind(_ dimension: Dimension, _ size: Int) {
      if let name = dimension.symbolName { numbers[name] = size }
    }
    if let side, let image {
      let shape = image.inputType.shape
      let channels = image.hasChannelsLast ? 3 : 1
      for axis in 1...3 { bind(shape[axis], axis == channels ? 3 : side) }
    }
    if let length, let text {
      bind(text.inputType.shape[1], length)
      for companion in companions { bind(companion.type.shape[-1], length) }
    }
    let inputs = [image, text].compactMap { $0?.inputType } + companions.filter { $0.type.shape.rank > 1 }.map(\.type)
    for type in inputs {
      // A symbol that also counts items stays one.
      if let name = type.shape[0].symbolName { numbers[name] = nil }
    }
    return numbers.isEmpty ? self : try explaining(place) { try bound(numbers) }
  }

  private func bound(_ numbers: [String: Int]) throws -> EntryPoints {
    var result = self
    result.graph = try graph.bound(numbers)
    func bound(_ entry: Entry) -> Entry {
      Entry(
        input: entry.input, inputType: entry.inputType.bound(numbers), output: entry.output,
        outputType: entry.outputType.bound(numbers))
    }
    (result.image, result.text) = (image.map(bound), text.map(bound))
    result.companions = companions.map { Companion(role: $0.role, name: $0.name, type: $0.type.bound(numbers)) }
    return result
  }
}
