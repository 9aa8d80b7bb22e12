/// The extent of one axis: an integer polynomial of symbols, with floor division where a stride asks for it.
///
/// `Dimension` is kept in a canonical form, so that `==` means "equal for every value of the symbols". Arithmetic
/// saturates far beyond any real tensor instead of overflowing.
public struct Dimension: Hashable, Sendable {
  /// An indivisible factor.
  indirect enum Atom: Hashable, Sendable {
    case symbol(String)
    case quotient(Dimension, Dimension)
  }

  /// coefficient · Π factors; the factors are sorted, and repeated for powers.
  struct Term: Hashable, Sendable {
    var coefficient: Int
    var factors: [Atom]
  }

  /// Sorted by factors, no zero coefficients, no factorless term.
  private(set) var terms: [Term]
  private(set) var offset: Int

  init(terms: [Term], offset: Int) {
    self.terms = terms
    self.offset = offset
  }

  public init(_ value: Int) { self.init(terms: [], offset: value) }

  /// A named extent, as `batch`.
  public static func symbol(_ name: String) -> Dimension {
    Dimension(terms: [Term(coefficient: 1, factors: [.symbol(name)])], offset: 0)
  }

  /// The number, if no symbol is left.
  public var constant: Int? { terms.isEmpty ? offset : nil }

  /// The name, if this is one bare symbol.
  public var symbolName: String? {
    guard offset == 0, terms.count == 1, terms[0].coefficient == 1, terms[0].factors.count == 1,
      case .symbol(let name) = terms[0].factors[0]
    else { return nil }
    return name
  }

  /// Every symbol that occurs.
  public var symbols: Set<String> {
    var found: Set<String> = []
    for term in terms {
      for factor in term.factors {
        switch factor {
        case .symbol(let name): found.insert(name)
        case .quotient(let a, let b): found.formUnion(a.symbols.union(b.symbols))
        }
      }
    }
    return found
  }

  /// True when the two can never be equal: their difference is a number other than zero.
  public func differs(from other: Dimension) -> Bool {
    guard let difference = (self - other).constant else { return false }
    return difference != 0
  }
}

extension Dimension: ExpressibleByIntegerLiteral {
  public init(integerLiteral value: Int) { self.init(value) }
}

extension Dimension.Atom: Comparable {
  static func < (a: Self, b: Self) -> Bool { a.key < b.key }

  /// A total order on atoms: any will do, as long as it is always the same.
  var key: String {
    switch self {
    case .symbol(let name): name
    case .quotient(let a, let b): "\u{10FFFF}(\(a))//(\(b))"
    }
  }
}

extension Dimension: CustomStringConvertible {
  public var description: String {
    if terms.isEmpty { return String(offset) }
    var text = ""
    for term in terms {
      let factors = term.factors.map(\.description).joined(separator: "·")
      let magnitude = abs(term.coefficient) == 1 ? factors : "\(abs(term.coefficient))·\(factors)"
      text += text.isEmpty ? (term.coefficient < 0 ? "-" : "") : (term.coefficient < 0 ? " - " : " + ")
      text += magnitude
    }
    if offset != 0 { text += offset < 0 ? " - \(-offset)" : " + \(offset)" }
    return text
  }
}

extension Dimension.Atom: CustomStringConvertible {
  var description: String {
    switch self {
    case .symbol(let name): name
    case .quotient(let a, let b): "⌊(\(a)) / (\(b))⌋"
    }
  }
}
