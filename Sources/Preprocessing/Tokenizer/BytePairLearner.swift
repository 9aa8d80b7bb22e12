/// Counts of pairs over the distinct words of a text, kept up to date while pairs are merged.
struct BytePairLearner {
  /// A pair with the count it had when it was queued. The most frequent comes first.
  private struct Candidate: Comparable {
    var count: Int
    var pair: UInt64

    static func < (a: Self, b: Self) -> Bool {
      a.count != b.count ? a.count > b.count : a.pair < b.pair
    }
  }

  private(set) var vocabulary = BytePairVocabulary()
  private var words: [[Int32]] = []
  private var frequencies: [Int] = []
  private var counts: [UInt64: Int] = [:]
  /// Words in which a pair occurs, or occurred.
  private var occurrences: [UInt64: Set<Int>] = [:]
  private var queue = BinaryHeap<Candidate>()
  /// Symbols inside and at the end of words, so that none is made twice from different halves.
  private var inner: Set<[UInt8]> = []
  private var final: Set<[UInt8]> = []

  init(captions: some Sequence<String>, kind: TokenizerKind) {
    var frequency: [[Int32]: Int] = [:]
    let splitter = TextSplitter(kind: kind)
    var word: [Int32] = []
    for caption in captions {
      splitter.forEachPiece(of: TextCleaning.clean(caption, kind: kind)) { piece in
        guard case .word(let scalars) = piece else { return }
        WordMerger.baseSymbols(of: scalars, &word)
        frequency[word, default: 0] += 1
      }
    }
    for (word, frequency) in frequency where word.count > 1 {
      count(word, by: frequency, at: words.count)
      words.append(word)
      frequencies.append(frequency)
    }
    for (pair, count) in counts { queue.push(Candidate(count: count, pair: pair)) }
  }

  /// Merges the most frequent pair that makes a new symbol; false where none occurs twice.
  mutating func mergeMostFrequent() -> Bool {
    while let best = queue.popMin() {
      guard best.count >= 2 else { return false }
      guard counts[best.pair] == best.count, isNew(best.pair) else { continue }
      let (left, right) = BytePairVocabulary.unpack(best.pair)
      let id = Int32(vocabulary.symbols.count)
      vocabulary.append(left, right)
      merge(best.pair, into: id)
      return true
    }
    return false
  }

  private mutating func isNew(_ pair: UInt64) -> Bool {
    let (left, right) = BytePairVocabulary.unpack(pair)
    let symbol = vocabulary.symbols[Int(left)] + vocabulary.symbols[Int(right)]
    return vocabulary.endsWord[Int(right)] ? final.insert(symbol).inserted : inner.insert(symbol).inserted
  }

  private mutating func merge(_ pair: UInt64, into id: Int32) {
    let (left, right) = BytePairVocabulary.unpack(pair)
    var touched: Set<UInt64> = []
    for index in occurrences.removeValue(forKey: pair) ?? [] {
      let old = words[index]
      var new: [Int32] = []
      var at = 0
      while at < old.count {
        if at + 1 < old.count, old[at] == left, old[at + 1] == right {
          new.append(id)
          at += 2
        } else {
          new.append(old[at])
          at += 1
        }
      }
      guard new.count < old.count else { continue }
      touched.formUnion(count(old, by: -frequencies[index], at: index))
      touched.formUnion(count(new, by: frequencies[index], at: index))
      words[index] = new
    }
    counts[pair] = nil
    for pair in touched {
      guard let count = counts[pair], count > 0 else { continue }
      queue.push(Candidate(count: count, pair: pair))
    }
  }

  /// Adds a word's pairs to the counts, or takes them away.
  @discardableResult
  private mutating func count(_ word: [Int32], by frequency: Int, at index: Int) -> [UInt64] {
    var pairs: [UInt64] = []
    for (left, right) in zip(word, word.dropFirst()) {
      let pair = BytePairVocabulary.pack(left, right)
      counts[pair, default: 0] += frequency
      if frequency > 0 { occurrences[pair, default: []].insert(index) }
      pairs.append(pair)
    }
    return pairs
  }
}
