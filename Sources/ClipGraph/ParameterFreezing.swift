import CLIPModel
import Graphs

/// Which parameters stay as they are in training.
public struct ParameterFreezing: Hashable, Sendable {
  /// Names, with `*` for any characters and `?` for one.
  public var patterns: [String]
  /// Towers that stay as a whole: what their features depend on, and the other tower's do not.
  public var towers: Set<Tower>
  /// Groups at the end of the image tower that are trained although it stays: the projection, then the last block with the
  /// normalisation behind it, then block by block.
  public var unlockedGroups: Int

  public init(patterns: [String] = [], towers: Set<Tower> = [], unlockedGroups: Int = 0) {
    (self.patterns, self.towers, self.unlockedGroups) = (patterns, towers, unlockedGroups)
  }

  /// Names of the parameters that stay.
  ///
  /// - Parameters:
  ///   - names: all parameters.
  ///   - behind: the parameters that a tower's features depend on; nil where the graph does not tell its towers apart.
  ///   - vision: the image tower, where it is known.
  func frozen(
    among names: [String], behind: (Tower) -> Set<String>?, vision: CLIPConfiguration.Vision?, place: String
  ) throws(ClipGraphError) -> Set<String> {
    var result: Set<String> = []
    for pattern in patterns {
      let found = names.filter { ParameterFreezing.matches($0[...], pattern[...]) }
      guard !found.isEmpty else {
        let some = names.prefix(3).joined(separator: ", ")
        throw ClipGraphError(place, "has no parameter \(pattern); its \(names.count) are called \(some), …")
      }
      result.formUnion(found)
    }
    for tower in towers.sorted(by: { $0.rawValue < $1.rawValue }) {
      guard let own = behind(tower), let others = behind(tower == .image ? .text : .image) else {
        throw ClipGraphError(
          place, "does not tell which parameters are its \(tower.rawValue) tower's; name them with --freeze")
      }
      result.formUnion(own.subtracting(others))
    }
    guard unlockedGroups > 0 else { return result }
    guard case .transformer(let configuration)? = vision else {
      throw ClipGraphError(
        place, "is no vision transformer that clipgraph declared: --unlock-last does not know its groups; use --freeze")
    }
    let unlocked = ParameterFreezing.lastGroups(unlockedGroups, of: configuration)
    return result.filter { name in !unlocked.contains { name.hasPrefix($0) } }
  }

  /// Prefixes of the parameters in the last groups of an image tower, in the order in which open_clip unlocks them.
  private static func lastGroups(_ count: Int, of vision: CLIPConfiguration.VisionTransformer) -> [String] {
    var prefixes = ["visual.proj"]
    if count > 1 { prefixes.append("visual.ln_post.") }
    for back in 1..<max(1, min(count, vision.layers + 1)) {
      prefixes.append("visual.transformer.resblocks.\(vision.layers - back).")
    }
    if count > vision.layers + 1 { prefixes.append("visual.") }
    return prefixes
  }

  /// Whether a whole name fits a pattern.
  static func matches(_ name: Substring, _ pattern: Substring) -> Bool {
    // The place after the latest star, and how far into the name that star has reached.
    var (n, p) = (name.startIndex, pattern.startIndex)
    var retry: (pattern: Substring.Index, name: Substring.Index)?
    while n < name.endIndex {
      if p < pattern.endIndex, pattern[p] == "*" {
        p = pattern.index(after: p)
        retry = (p, n)
      } else if p < pattern.endIndex, pattern[p] == "?" || pattern[p] == name[n] {
        (n, p) = (name.index(after: n), pattern.index(after: p))
      } else if let last = retry {
        n = name.index(after: last.name)
        p = last.pattern
        retry = (p, n)
      } else {
        return false
      }
    }
    return pattern[p...].allSatisfy { $0 == "*" }
  }
}
