/// Merges the symbols of one word after another; keeps its buffers.
///
/// The pair of lowest rank is merged first, and of equal pairs the leftmost, over a linked list of symbols and a queue
/// of pairs: n log n for a word of n bytes.
struct WordMerger {
  private let vocabulary: BytePairVocabulary
  private var ids: [Int32] = []
  private var next: [Int32] = []
  private var previous: [Int32] = []
  /// Merged identifier in the upper 32 bits, position of the left symbol in the lower.
  private var queue = BinaryHeap<UInt64>()

  init(_ vocabulary: BytePairVocabulary) {
    self.vocabulary = vocabulary
  }

  /// Appends the identifiers of a word. A word of 2²⁹ scalars or more is cut there.
  mutating func append(word: ArraySlice<Unicode.Scalar>, to out: inout [Int]) {
    Self.baseSymbols(of: word.prefix(1 << 29), &ids)
    guard let last = ids.indices.last else { return }
    if last > 0 { merge() }
    var at = 0
    while at >= 0 && at < ids.count {
      out.append(Int(ids[at]))
      at = last > 0 ? Int(next[at]) : -1
    }
  }

  /// The identifiers of a word's UTF-8 bytes, the last of which ends the word.
  static func baseSymbols(of word: ArraySlice<Unicode.Scalar>, _ ids: inout [Int32]) {
    ids.removeAll(keepingCapacity: true)
    for scalar in word {
      if scalar.isASCII {
        ids.append(ByteSymbols.identifiers[Int(scalar.value)])
      } else {
        for byte in UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter {
          ids.append(ByteSymbols.identifiers[Int(byte)])
        }
      }
    }
    if let last = ids.indices.last { ids[last] += 256 }
  }

  private mutating func merge() {
    let count = ids.count
    queue.removeAll()
    next.removeAll(keepingCapacity: true)
    previous.removeAll(keepingCapacity: true)
    for i in 0..<count {
      next.append(i + 1 < count ? Int32(i + 1) : -1)
      previous.append(Int32(i - 1))
    }
    for i in 0..<count - 1 { offer(Int32(i)) }
    while let best = queue.popMin() {
      let at = Int(UInt32(truncatingIfNeeded: best))
      let id = Int32(truncatingIfNeeded: best >> 32)
      // A symbol that was merged since has the identifier −1, and its pairs are void.
      let right = next[at]
      guard ids[at] >= 0, right >= 0 else { continue }
      guard vocabulary.merged[BytePairVocabulary.pack(ids[at], ids[Int(right)])] == id else { continue }
      ids[at] = id
      ids[Int(right)] = -1
      let after = next[Int(right)]
      next[at] = after
      if after >= 0 {
        previous[Int(after)] = Int32(at)
        offer(Int32(at))
      }
      if previous[at] >= 0 { offer(previous[at]) }
    }
  }

  /// Queues the pair that begins at a position, if the vocabulary merges it.
  private mutating func offer(_ at: Int32) {
    let pair = BytePairVocabulary.pack(ids[Int(at)], ids[Int(next[Int(at)])])
    guard let id = vocabulary.merged[pair] else { return }
    queue.push(UInt64(UInt32(bitPattern: id)) << 32 | UInt64(UInt32(bitPattern: at)))
  }
}
