import Graphs
import Tensors

/// One tower ready to run, in portions as large as the graph takes them.
struct Encoder: Sendable {
  let points: EntryPoints
  let entry: EntryPoints.Entry
  let engine: Engine
  /// Names the file in errors.
  let place: String

  /// - Parameters:
  ///   - portion: items in one run, where the graph does not fix it.
  ///   - progress: called with the number of items done.
  ///   - inputs: of these items. A graph that takes a fixed number gets the last item again and again for those that lack.
  func encode(
    _ count: Int, portion: Int, _ progress: ((Int) -> Void)?,
    _ inputs: ([Int]) throws(ClipGraphError) -> [String: NDArray]
  ) throws(ClipGraphError) -> Embeddings {
    var values: [Float] = []
    var width = entry.outputType.shape[1].constant
    let step = entry.batch ?? portion
    for start in stride(from: 0, to: count, by: step) {
      let items = Array(start..<min(count, start + step))
      let missing = (entry.batch ?? 0) - items.count
      let rows = missing > 0 ? items + [Int](repeating: items[items.count - 1], count: missing) : items
      guard let result = try engine.run(try inputs(rows), outputs: [entry.output])[entry.output] else { continue }
      guard result.sizes.count == 2, result.sizes[0] == rows.count, result.sizes[1] == width ?? result.sizes[1],
        let numbers = result.doubles
      else { throw ClipGraphError(place, "\(entry.output) is \(result.type) for \(rows.count) rows") }
      width = result.sizes[1]
      values += numbers.prefix(items.count * result.sizes[1]).map { Float($0) }
      progress?(items[items.count - 1] + 1)
    }
    return Embeddings(rows: count, width: width ?? 0, values: values)
  }
}
