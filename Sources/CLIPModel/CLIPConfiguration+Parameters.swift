import Graphs

extension CLIPConfiguration {
  /// Names and sizes of the model's parameters, in the order in which the model asks for them.
  ///
  /// - Parameter tower: one encoder alone, or nil for the whole.
  public func parameters(tower: Tower? = nil) -> [(name: String, sizes: [Int])] {
    var asked: [(name: String, sizes: [Int])] = []
    var known: Set<String> = []
    // Without numbers there is no graph; which numbers it would have taken is all that matters here.
    _ = try? Graph.clip(self, tower: tower) { name, sizes in
      if known.insert(name).inserted { asked.append((name, sizes)) }
      return nil
    }
    return asked
  }
}
