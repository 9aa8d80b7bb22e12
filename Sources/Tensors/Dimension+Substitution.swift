extension Dimension {
  /// Replaces symbols by polynomials; symbols without one stay.
  public func substituting(_ values: [String: Dimension]) -> Dimension {
    if terms.isEmpty { return self }
    var sum = Dimension(offset)
    for term in terms {
      var product = Dimension(term.coefficient)
      for factor in term.factors {
        switch factor {
        case .symbol(let name): product = product * (values[name] ?? .symbol(name))
        case .quotient(let a, let b):
          product = product * a.substituting(values).floorDivided(by: b.substituting(values))
        }
      }
      sum = sum + product
    }
    return sum
  }
}
