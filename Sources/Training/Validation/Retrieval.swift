/// Pictures that find captions, and captions that find pictures.
enum Retrieval {
  /// The shares of pictures whose caption, and of captions one of whose pictures, is among the best.
  ///
  /// - Parameters:
  ///   - scores: [pictures][captions]
  ///   - answers: the caption of every picture.
  static func recall(_ scores: [[Float]], answers: [Int]) -> (
    imageToText: RetrievalRecall, textToImage: RetrievalRecall
  ) {
    let captions = scores.first?.count ?? 0
    let ofPictures = zip(scores, answers).map { row, answer in rank(row) { $0 == answer } }
    let ofCaptions = (0..<captions).map { caption in
      rank(scores.map { $0[caption] }) { answers[$0] == caption }
    }
    return (RetrievalRecall(ranks: ofPictures), RetrievalRecall(ranks: ofCaptions))
  }

  /// How many wrong candidates are not worse than the best right one.
  private static func rank(_ scores: [Float], isRight: (Int) -> Bool) -> Int {
    let right = scores.indices.filter(isRight)
    guard let best = right.map({ scores[$0] }).max() else { return scores.count }
    return scores.indices.count { !isRight($0) && !(scores[$0] < best) }
  }
}

extension RetrievalRecall {
  /// - Parameter ranks: counted from 0.
  init(ranks: [Int]) {
    func share(_ k: Int) -> Double {
      ranks.isEmpty ? 0 : Double(ranks.count { $0 < k }) / Double(ranks.count)
    }
    self.init(atOne: share(1), atFive: share(5), atTen: share(10))
  }
}
