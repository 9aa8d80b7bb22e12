extension BytePairVocabulary {
  /// Learns merges from captions: the most frequent pair of neighbours becomes a symbol, again and again.
  ///
  /// Of equally frequent pairs the one of smaller identifiers goes first, so that the same captions, in any order, give
  /// the same vocabulary. The result is smaller than asked where the captions have no more pairs that occur twice.
  ///
  /// - Parameters:
  ///   - size: number of identifiers, at least 514: bytes, merges and the two special tokens.
  ///   - kind: whose cleaning the captions pass through.
  ///   - progress: called after every merge with the merges made and the merges wanted.
  ///
  /// Source: Sennrich et al., “Neural Machine Translation of Rare Words with Subword Units”, 2016.
  public static func learn(
    captions: some Sequence<String>, size: Int, kind: TokenizerKind = .openAI,
    progress: ((_ done: Int, _ wanted: Int) -> Void)? = nil
  ) throws(TokenizerError) -> BytePairVocabulary {
    guard size >= baseCount + 2 else {
      throw TokenizerError(
        .invalidSettings, "a vocabulary of \(size) is too small: bytes and special tokens take \(baseCount + 2)")
    }
    var learner = BytePairLearner(captions: captions, kind: kind)
    let wanted = size - baseCount - 2
    while learner.vocabulary.mergeCount < wanted, learner.mergeMostFrequent() {
      progress?(learner.vocabulary.mergeCount, wanted)
    }
    return learner.vocabulary
  }
}
