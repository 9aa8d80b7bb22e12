import Graphs
import Tensors

extension GraphBuilder {
  /// An int64 vector that holds `dimensions`; symbols are read off the shapes of `sources` when the graph runs.
  ///
  /// A dimension that no arithmetic on those shapes gives is recorded as a mistake.
  func shapeVector(_ dimensions: [Dimension], from sources: [Tensor]) -> Tensor {
    var parts: [Tensor] = []
    var numbers: [Int] = []
    for dimension in dimensions {
      if let number = dimension.constant {
        numbers.append(number)
        continue
      }
      if !numbers.isEmpty { parts.append(constant(numbers)) }
      numbers = []
      guard let part = dimensionVector(dimension, from: sources) else {
        record(.shape, at: path, "\(dimension) cannot be computed from \(sources.map(\.shape))")
        return Tensor(self, nil)
      }
      parts.append(part)
    }
    if !numbers.isEmpty || parts.isEmpty { parts.append(constant(numbers)) }
    return parts.count == 1 ? parts[0] : concatenated(parts, axis: 0)
  }

  /// `dimension` as an int64 vector of one element, by arithmetic on the shapes of `sources`.
  private func dimensionVector(_ dimension: Dimension, from sources: [Tensor]) -> Tensor? {
    if let number = dimension.constant { return constant([number]) }
    for source in sources {
      if let axis = source.shape.dimensions.firstIndex(of: dimension) { return source.dimension(axis) }
    }
    for source in sources {
      for (axis, extent) in source.shape.dimensions.enumerated() where extent.constant == nil {
        if let difference = (dimension - extent).constant {
          let part = source.dimension(axis)
          return difference < 0 ? part - constant([-difference]) : part + constant([difference])
        }
        if let factor = dimension.dividedExactly(by: extent)?.constant {
          return source.dimension(axis) * constant([factor])
        }
      }
    }
    // d = d|ₛ₌₀ + s · q for a symbol s.
    for symbol in dimension.symbols.sorted() {
      let rest = dimension.bound([symbol: 0])
      guard rest != dimension, dimension != .symbol(symbol),
        let quotient = (dimension - rest).dividedExactly(by: .symbol(symbol)), quotient != dimension,
        let extent = dimensionVector(.symbol(symbol), from: sources), let q = dimensionVector(quotient, from: sources)
      else { continue }
      let product = quotient == 1 ? extent : extent * q
      if rest == 0 { return product }
      return dimensionVector(rest, from: sources).map { product + $0 }
    }
    return nil
  }
}
