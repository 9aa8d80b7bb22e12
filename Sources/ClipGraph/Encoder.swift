import Graphs
import Tensors

/// One tower ready to run, in portions as large as the graph takes them.
struct Encoder: Sendable {
  let points: EntryPoints
  let entry: EntryPoints.Entry
  let engine: Engine
  /// Names the file in errors.
  let place: String

  /// Items of one run each, in order.
  ///
  /// - Parameter size: items in one run, where the graph does not fix it.
  func portions(_ items: [Int], of size: Int) -> [[Int]] {
    let step = entry.batch ?? size
    return stride(from: 0, to: items.count, by: step).map { Array(items[$0..<min(items.count, $0 + step)]) }
  }

  /// Features of items 0 ..< `count`, in this order, whatever portions they are computed in.
  ///
  /// - Parameters:
  ///   - progress: called with the number of items done.
  ///   - inputs: of these items. A graph that takes a fixed number gets the last item again and again for those that lack.
  func encode(
    _ portions: [[Int]], count: Int, _ progress: ((Int) -> Void)? = nil,
    _ inputs: ([Int]) throws(ClipGraphError) -> [String: NDArray]
  ) throws(ClipGraphError) -> Embeddings {
    var values: [Float] = []
    var width = entry.outputType.shape[1].constant
    var done = 0
    for items in portions {
      let missing = (entry.batch ?? 0) - items.count
      let rows = missing > 0 ? items + [Int](repeating: items[items.count - 1], count: missing) : items
      guard let result = try engine.run(try inputs(rows), outputs: [entry.output])[entry.output] else { continue }
      guard result.sizes.count == 2, result.sizes[0] == rows.count, result.sizes[1] == width ?? result.sizes[1],
        let numbers = result.floats
      else { throw ClipGraphError(place, "\(entry.output) is \(result.type) for \(rows.count) rows") }
      let columns = result.sizes[1]
      if values.isEmpty { values = [Float](repeating: 0, count: count * columns) }
      width = columns
      for (row, item) in items.enumerated() {
        let source = numbers[row * columns..<(row + 1) * columns]
        values.replaceSubrange(item * columns..<(item + 1) * columns, with: source)
      }
      done += items.count
      progress?(done)
    }
    return Embeddings(rows: count, width: width ?? 0, values: values)
  }
}

extension NDArray {
  /// The elements of any floating-point array as `Float`; nil for other types.
  fileprivate var floats: [Float]? {
    scalar == .float32 ? values(as: Float.self) : doubles.map { $0.map { Float($0) } }
  }
}
