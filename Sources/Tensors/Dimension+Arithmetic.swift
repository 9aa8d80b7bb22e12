extension Dimension {
  /// Saturation bound: large enough for no real tensor, small enough that sums of two never overflow.
  static let limit = Int.max / 4

  static func saturated(_ a: Int, plus b: Int) -> Int { min(max(a &+ b, -limit), limit) }

  static func saturated(_ a: Int, times b: Int) -> Int {
    let (product, overflow) = a.multipliedReportingOverflow(by: b)
    if overflow { return (a < 0) == (b < 0) ? limit : -limit }
    return min(max(product, -limit), limit)
  }

  public static func + (a: Dimension, b: Dimension) -> Dimension {
    if a.terms.isEmpty && b.terms.isEmpty { return Dimension(saturated(clamp(a.offset), plus: clamp(b.offset))) }
    var coefficients: [[Atom]: Int] = [:]
    for term in a.terms + b.terms {
      coefficients[term.factors] = saturated(coefficients[term.factors] ?? 0, plus: term.coefficient)
    }
    return canonical(coefficients, offset: saturated(clamp(a.offset), plus: clamp(b.offset)))
  }

  public static func - (a: Dimension, b: Dimension) -> Dimension { a + b * -1 }

  public static func * (a: Dimension, b: Dimension) -> Dimension {
    if a.terms.isEmpty && b.terms.isEmpty { return Dimension(saturated(a.offset, times: b.offset)) }
    var coefficients: [[Atom]: Int] = [:]
    for left in a.allTerms {
      for right in b.allTerms {
        let factors = (left.factors + right.factors).sorted()
        let product = saturated(left.coefficient, times: right.coefficient)
        coefficients[factors] = saturated(coefficients[factors] ?? 0, plus: product)
      }
    }
    let offset = coefficients.removeValue(forKey: []) ?? 0
    return canonical(coefficients, offset: offset)
  }

  /// ⌊self / divisor⌋. Division by zero gives zero: callers check it where a file may ask for it.
  public func floorDivided(by divisor: Dimension) -> Dimension {
    if let a = constant, let b = divisor.constant {
      guard b != 0 else { return 0 }
      let quotient = a / b
      return Dimension(a % b != 0 && (a < 0) != (b < 0) ? quotient - 1 : quotient)
    }
    if let exact = dividedExactly(by: divisor) { return exact }
    return Dimension(terms: [Term(coefficient: 1, factors: [.quotient(self, divisor)])], offset: 0)
  }

  /// self / divisor where every term divides without remainder, else nil. A divisor of several terms divides only itself
  /// and its multiples by a number.
  public func dividedExactly(by divisor: Dimension) -> Dimension? {
    if divisor == self { return 1 }
    if let b = divisor.constant {
      guard b != 0, offset % b == 0, terms.allSatisfy({ $0.coefficient % b == 0 }) else { return nil }
      return Dimension(
        terms: terms.map { Term(coefficient: $0.coefficient / b, factors: $0.factors) }, offset: offset / b)
    }
    let divisorTerms = divisor.allTerms
    if divisorTerms.count == 1 {
      let by = divisorTerms[0]
      guard offset == 0 else { return nil }
      var coefficients: [[Atom]: Int] = [:]
      for term in terms {
        guard term.coefficient % by.coefficient == 0 else { return nil }
        var factors = term.factors
        for factor in by.factors {
          guard let position = factors.firstIndex(of: factor) else { return nil }
          factors.remove(at: position)
        }
        coefficients[factors] = Dimension.saturated(coefficients[factors] ?? 0, plus: term.coefficient / by.coefficient)
      }
      let constant = coefficients.removeValue(forKey: []) ?? 0
      return Dimension.canonical(coefficients, offset: constant)
    }
    return dividedByLeadingTerms(of: divisor)
  }

  /// Polynomial long division by the largest term, accepted only if nothing remains.
  private func dividedByLeadingTerms(of divisor: Dimension) -> Dimension? {
    var rest = self
    var quotient = Dimension(0)
    guard let lead = divisor.terms.max(by: { Dimension.precedes($0, $1) }) else { return nil }
    for _ in 0..<32 {
      if rest == 0 { return quotient }
      guard let top = rest.terms.max(by: { Dimension.precedes($0, $1) }) else { return nil }
      let leading = Dimension(terms: [top], offset: 0)
      guard let step = leading.dividedExactly(by: Dimension(terms: [lead], offset: 0)) else { return nil }
      quotient = quotient + step
      rest = rest - step * divisor
    }
    return nil
  }

  private static func precedes(_ a: Term, _ b: Term) -> Bool {
    a.factors.count != b.factors.count
      ? a.factors.count < b.factors.count : a.factors.lexicographicallyPrecedes(b.factors)
  }

  /// Replaces symbols by values; symbols without a value stay.
  public func bound(_ values: [String: Int]) -> Dimension {
    if terms.isEmpty { return self }
    var sum = Dimension(offset)
    for term in terms {
      var product = Dimension(term.coefficient)
      for factor in term.factors {
        switch factor {
        case .symbol(let name): product = product * (values[name].map { Dimension($0) } ?? .symbol(name))
        case .quotient(let a, let b): product = product * a.bound(values).floorDivided(by: b.bound(values))
        }
      }
      sum = sum + product
    }
    return sum
  }

  /// The terms with the offset as a factorless one.
  private var allTerms: [Term] {
    offset == 0 ? terms : terms + [Term(coefficient: offset, factors: [])]
  }

  private static func clamp(_ value: Int) -> Int { min(max(value, -limit), limit) }

  private static func canonical(_ coefficients: [[Atom]: Int], offset: Int) -> Dimension {
    let terms = coefficients.filter { $0.value != 0 }.map { Term(coefficient: $0.value, factors: $0.key) }
    return Dimension(terms: terms.sorted { $0.factors.lexicographicallyPrecedes($1.factors) }, offset: offset)
  }
}
