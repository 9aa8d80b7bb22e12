import Graphs

extension CLIPConfiguration {
  /// Whether this tensor of a model is a count of steps: an int64 scalar, which a checkpoint may lack.
  public static func isCounter(_ name: String) -> Bool { name.hasSuffix(".num_batches_tracked") }

  /// Whether this tensor of a model is no parameter: what batch normalisation has seen, which no gradient moves.
  public static func isStatistic(_ name: String) -> Bool {
    isCounter(name) || name.hasSuffix(".running_mean") || name.hasSuffix(".running_var")
  }

  /// Names and sizes of the model's parameters and statistics, in the order in which the model asks for them.
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
