/// Binary labels in the order of falling scores, examples with equal scores taken together.
struct AveragePrecisionCurve {
  struct Group {
    var positives = 0
    var negatives = 0
  }

  /// One group for every distinct score, from the greatest score to the least.
  let groups: [Group]
  let positives: Int
  let negatives: Int

  /// - Parameters:
  ///   - scores: [examples]
  ///   - labels: [examples]: 1, 0 and, if `allowsIgnored`, −1 for an example that is left out.
  ///   - name: what errors name as their place.
  init(scores: [Float], labels: [Int], allowsIgnored: Bool, name: String) throws(EvaluationError) {
    guard !scores.isEmpty else { throw EvaluationError(name, "there are no examples") }
    guard scores.count == labels.count else {
      throw EvaluationError(name, "there are \(scores.count) scores, but \(labels.count) labels")
    }
    if let example = scores.firstIndex(where: \.isNaN) {
      throw EvaluationError(name, "the score of example \(example) is not a number")
    }
    let allowed = allowsIgnored ? -1...1 : 0...1
    if let example = labels.firstIndex(where: { !allowed.contains($0) }) {
      throw EvaluationError(
        name,
        "the label of example \(example) is \(labels[example]); it must be \(allowsIgnored ? "1, 0 or −1" : "1 or 0")")
    }
    let order = scores.indices.filter { labels[$0] >= 0 }.sorted { scores[$0] > scores[$1] }
    var groups: [Group] = []
    var last: Float?
    for example in order {
      if scores[example] != last { groups.append(Group()) }
      last = scores[example]
      groups[groups.count - 1].positives += labels[example]
      groups[groups.count - 1].negatives += 1 - labels[example]
    }
    self.groups = groups
    positives = groups.reduce(0) { $0 + $1.positives }
    negatives = groups.reduce(0) { $0 + $1.negatives }
  }

  func requirePositives(name: String) throws(EvaluationError) {
    guard positives > 0 else { throw EvaluationError(name, "no example is positive") }
  }
}
