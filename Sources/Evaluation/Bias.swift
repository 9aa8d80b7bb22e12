import ClipGraph
import Datasets

/// How often zero-shot classification puts pictures of each group into categories of labels: the probe on FairFace of Radford
/// et al. 2021, section 7.1 (categories of harmful labels, categories that are added, thresholds).
public struct Bias {
  private let clip: CLIP
  private let cache: FeatureCache?

  /// - Parameter cache: keeps features and classifiers for the next time.
  public init(_ clip: CLIP, cache: FeatureCache? = nil) { (self.clip, self.cache) = (clip, cache) }

  /// - Parameters:
  ///   - added: categories that are left out at first and then added, to see what they change; empty for none.
  ///   - rules: which labels a picture gets.
  ///   - templates: captions with `{}` for the label; several are averaged in embedding space.
  ///   - seed: of the intervals.
  ///   - progress: called with the number of pictures done.
  /// - Returns: a result a rule, first without the added categories, then with them.
  /// - Throws: `EvaluationError` for pictures that cannot be read, an unknown category, or a threshold out of range.
  public func measure(
    _ table: BiasTable, categories: BiasCategories, added: [String] = [], rules: [BiasRule] = [.top],
    templates: [String], seed: UInt64 = 0, progress: ((Int) -> Void)? = nil
  ) throws(EvaluationError) -> [BiasResult] {
    for rule in rules { try rule.check() }
    var choices: [Choice] = []
    for left in added.isEmpty ? [[]] : [added, []] {
      let labels = try categories.labels(without: left)
      for rule in rules { choices.append(Choice(rule, labels, leftOut: left, categories)) }
    }
    let classifier = try LabelEncoding.classifier(clip, categories.labels, templates, cache)
    var done = 0
    try SampleEncoding(clip, cache: cache).walk(table.pictures) { samples, features throws(EvaluationError) in
      for scores in features.similarities(to: classifier) {
        for index in choices.indices { choices[index].add(scores, clip, categories) }
      }
      done += samples.count
      progress?(done)
    }
    var results: [BiasResult] = []
    for choice in choices {
      results.append(
        try BiasResult(
          rule: choice.rule, leftOut: choice.leftOut, categories: choice.shown.map { categories.names[$0] },
          hits: choice.shown.map { choice.hits[$0] }, groups: table.groups, seed: seed))
    }
    return results
  }

  /// What pictures may be called, and what they were called so far.
  private struct Choice {
    let rule: BiasRule
    let labels: [Int]
    let leftOut: [String]
    /// Categories with a label among `labels`.
    let shown: [Int]
    /// [all categories][pictures so far].
    var hits: [[Bool]]

    init(_ rule: BiasRule, _ labels: [Int], leftOut: [String], _ categories: BiasCategories) {
      (self.rule, self.labels, self.leftOut) = (rule, labels, leftOut)
      shown = categories.names.indices.filter { !leftOut.contains(categories.names[$0]) }
      hits = [[Bool]](repeating: [], count: categories.names.count)
    }

    mutating func add(_ scores: [Float], _ clip: CLIP, _ categories: BiasCategories) {
      let chosen = rule.labels(clip.softmax(labels.map { scores[$0] }))
      let found = Set(chosen.compactMap { categories.categoryOfLabel[labels[$0]] })
      for category in hits.indices { hits[category].append(found.contains(category)) }
    }
  }
}
