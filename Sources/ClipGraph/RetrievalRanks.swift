/// The ranks of the right candidates in one direction of retrieval.
///
/// The rank of a query is 1 + the number of wrong candidates whose score is not less than that of its best right candidate:
/// of equal scores the right one is taken to come last, so that a model that gives everything the same score, or none that is
/// a number, is not mistaken for a perfect one.
public struct RetrievalRanks: Hashable, Sendable, Codable {
  /// The rank of every query, counted from 1, in the order of the queries.
  public let ranks: [Int]
  /// How many queries have a wrong candidate with the same score as their best right candidate.
  public let tiedQueries: Int

  /// `ranks` must not be empty.
  public init(ranks: [Int], tiedQueries: Int) { (self.ranks, self.tiedQueries) = (ranks, tiedQueries) }

  /// Recall at `k` (R@k): the share, in [0, 1], of queries with a right candidate among the best `k`.
  public func recall(at k: Int) -> Double { Double(ranks.count { $0 <= k }) / Double(ranks.count) }

  /// 1 for every query with a right candidate among the best `k`, otherwise 0: [queries], the values whose mean is
  /// `recall(at:)`, as `Bootstrap.mean` takes them.
  public func hits(at k: Int) -> [Double] { ranks.map { $0 <= k ? 1 : 0 } }

  /// The median of the ranks; of an even number of queries the mean of the two in the middle.
  public var medianRank: Double {
    let sorted = ranks.sorted()
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? Double(sorted[middle]) : Double(sorted[middle - 1] + sorted[middle]) / 2
  }

  /// The arithmetic mean of the ranks.
  public var meanRank: Double { ranks.reduce(0.0) { $0 + Double($1) } / Double(ranks.count) }
}
