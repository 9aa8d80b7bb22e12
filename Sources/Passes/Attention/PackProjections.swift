import Graphs
import Operators
import Tensors

extension RewriteSite {
  /// One Linear for several of the same x, their results beside each other; nil where they are something else, or their
  /// weights are no constants.
  func packed(_ tensors: [Tensor]) -> Tensor? {
    let makers = tensors.compactMap { maker($0, Linear.self) }
    guard makers.count == tensors.count, let first = makers.first, let x = first.site.input(0),
      makers.allSatisfy({
        $0.site.input(0)?.id == x.id && $0.op == first.op && $0.op.activation == .none && $0.site.input(3) == nil
          && ($0.site.input(2) == nil) == (first.site.input(2) == nil)
      })
    else { return nil }
    let weights = makers.compactMap { $0.site.input(1)?.numbers }
    let biases = makers.compactMap { $0.site.input(2)?.numbers }
    guard weights.count == makers.count, first.site.input(2) == nil || biases.count == makers.count,
      let weight = NDArray(joining: weights, axis: first.op.transposed ? 0 : 1)
    else { return nil }
    let bias = biases.isEmpty ? nil : NDArray(joining: biases, axis: 0)
    if !biases.isEmpty, bias == nil { return nil }
    return x.linear(
      builder.constant(weight), bias: bias.map { builder.constant($0) }, transposed: first.op.transposed)
  }
}

extension NDArray {
  /// Arrays one after the other along an axis; nil where they do not fit.
  fileprivate init?(joining arrays: [NDArray], axis: Int) {
    guard let first = arrays.first, axis < first.sizes.count,
      arrays.allSatisfy({
        $0.scalar == first.scalar && $0.sizes[..<axis] == first.sizes[..<axis]
          && $0.sizes[(axis + 1)...] == first.sizes[(axis + 1)...]
      })
    else { return nil }
    var sizes = first.sizes
    sizes[axis] = arrays.reduce(0) { $0 + $1.sizes[axis] }
    guard let result = try? NDArray(zeros: first.scalar, sizes) else { return nil }
    let rows = sizes[..<axis].reduce(1, *)
    let parts = arrays.map { $0.byteCount / max(rows, 1) }
    var target = result.address
    for row in 0..<rows {
      for (array, bytes) in zip(arrays, parts) {
        target.copyMemory(from: array.address + row * bytes, byteCount: bytes)
        target += bytes
      }
    }
    self = result
  }
}
