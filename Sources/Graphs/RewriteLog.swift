/// What rewriting did and why it did not do more. Belongs to one thread.
public final class RewriteLog {
  public struct Entry: Sendable, CustomStringConvertible {
    public enum Outcome: Sendable {
      case applied
      /// Nearly matched; the reason.
      case declined(String)
    }
    public var rule: String
    /// The node at which the rule looked.
    public var place: String
    public var outcome: Outcome

    public var description: String {
      switch outcome {
      case .applied: "\(rule): applied at \(place)"
      case .declined(let reason): "\(rule): declined at \(place): \(reason)"
      }
    }
  }

  public private(set) var entries: [Entry] = []
  /// The rule whose every mismatch is wanted, those of the plain structure too.
  public let explained: String?

  public init(explaining rule: String? = nil) { explained = rule }

  func add(_ rule: String, _ place: String, _ outcome: Entry.Outcome) {
    entries.append(Entry(rule: rule, place: place, outcome: outcome))
  }

  /// How often each rule was applied.
  public var applications: [String: Int] {
    entries.reduce(into: [:]) { counts, entry in
      if case .applied = entry.outcome { counts[entry.rule, default: 0] += 1 }
    }
  }

  /// Reasons for which `rule` was not applied, by place; a place where it was applied later is left out.
  public func declined(_ rule: String) -> [(place: String, reason: String)] {
    var applied: Set<String> = []
    for entry in entries where entry.rule == rule {
      if case .applied = entry.outcome { applied.insert(entry.place) }
    }
    var seen: Set<String> = []
    return entries.compactMap { entry in
      guard entry.rule == rule, !applied.contains(entry.place), case .declined(let reason) = entry.outcome,
        seen.insert(entry.place + "\n" + reason).inserted
      else { return nil }
      return (entry.place, reason)
    }
  }
}
