import Tensors

/// A place of a graph where a pattern was found.
public struct Match {
  public let site: RewriteSite
  let values: [String: ValueID]
  let scalars: [String: Float]

  /// What the hole `name` took; poisoned where the pattern has no such hole.
  public subscript(name: String) -> Tensor { Tensor(site.builder, values[name]) }

  /// The number that the scalar hole or the marker `name` took; not a number where the pattern has none.
  public func scalar(_ name: String) -> Float { scalars[name] ?? .nan }

  /// Says in the log why the match is not taken.
  public func decline(_ reason: @autoclosure () -> String) -> Tensor? {
    site.note(reason())
    return nil
  }
}

extension Pattern {
  /// Finds the pattern with its root at `tensor`, none of its inner values having a user outside.
  public func match(at tensor: Tensor, _ site: RewriteSite) -> Match? {
    guard problems.isEmpty, let root, let value = tensor.id else { return nil }
    var matcher = PatternMatcher(pattern: self, site: site)
    guard let found = matcher.solve([(root, value)], PatternMatcher.State()) else {
      if site.rewriter.log?.explained == site.rule, let reason = matcher.deepest { site.note(reason) }
      return nil
    }
    if let reason = matcher.outsideUser(found, root: value) {
      site.note(reason)
      return nil
    }
    var values: [String: ValueID] = [:]
    for (id, hole) in holes { values[hole.name] = found.values[id] }
    return Match(site: site, values: values, scalars: found.scalars)
  }
}
