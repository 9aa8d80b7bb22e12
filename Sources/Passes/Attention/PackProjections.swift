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

extension RewriteSite {
  /// A Linear of constants as several, each giving so many of its columns; nil where its numbers are not known.
  func parts(of linear: RewriteSite, _ widths: [Int]) -> [(Tensor) -> Tensor]? {
    guard let op = linear.op(Linear.self), let weight = linear.input(1)?.numbers, weight.sizes.count == 2 else {
      return nil
    }
    let bias = linear.input(2)
    guard bias == nil || bias?.numbers != nil else { return nil }
    var (parts, start) = ([(Tensor) -> Tensor](), 0)
    for width in widths {
      let range = start..<start + width
      guard let part = weight.part(range, axis: op.transposed ? 0 : 1) else { return nil }
      let offsets = bias?.numbers?.part(range, axis: 0)
      if bias != nil, offsets == nil { return nil }
      parts.append { x in
        x.linear(
          x.builder.constant(part), bias: offsets.map { x.builder.constant($0) }, transposed: op.transposed)
      }
      start += width
    }
    return parts
  }
}

extension NDArray {
  /// The elements of a range along an axis; nil where it has not so many.
  fileprivate func part(_ range: Range<Int>, axis: Int) -> NDArray? {
    guard axis < sizes.count, range.upperBound <= sizes[axis] else { return nil }
    var sizes = sizes
    sizes[axis] = range.count
    guard let result = try? NDArray(zeros: scalar, sizes) else { return nil }
    let rows = sizes[..<axis].reduce(1, *)
    let (source, target) = (byteCount / max(rows, 1), result.byteCount / max(rows, 1))
    let skipped = source / max(self.sizes[axis], 1) * range.lowerBound
    for row in 0..<rows {
      (result.address + row * target).copyMemory(from: address + row * source + skipped, byteCount: target)
    }
    return result
  }

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
