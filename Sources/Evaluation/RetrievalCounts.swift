/// Counts, for every image and every text, the candidates that score better than the right one, block by block.
///
/// First the score of every text with its own image is set, then every block of image rows is added once.
struct RetrievalCounts {
  private let images: Int
  private let imageOfText: [Int]
  private let hasText: [Bool]
  /// [texts]: the score with the text's own image.
  private var own: [Float]
  /// [images]: the greatest score with a text of the image's own; without one, −∞.
  private var best: [Float]
  private var betterTexts: [Int]
  private var betterImages: [Int]
  private var imageIsTied: [Bool]
  private var textIsTied: [Bool]

  init(images: Int, imageOfText: [Int]) throws(EvaluationError) {
    guard images >= 1 else { throw EvaluationError("retrieval", "there are no images") }
    guard !imageOfText.isEmpty else { throw EvaluationError("retrieval", "there are no texts") }
    var hasText = [Bool](repeating: false, count: images)
    for (text, image) in imageOfText.enumerated() {
      guard hasText.indices.contains(image) else {
        throw EvaluationError(
          "retrieval", "text \(text) belongs to image \(image), but there are only \(images) images")
      }
      hasText[image] = true
    }
    (self.images, self.imageOfText, self.hasText) = (images, imageOfText, hasText)
    own = [Float](repeating: -.infinity, count: imageOfText.count)
    best = [Float](repeating: -.infinity, count: images)
    betterTexts = [Int](repeating: 0, count: images)
    betterImages = [Int](repeating: 0, count: imageOfText.count)
    imageIsTied = [Bool](repeating: false, count: images)
    textIsTied = [Bool](repeating: false, count: imageOfText.count)
  }

  /// Sets the score of a text with its own image.
  mutating func setScore(_ score: Float, ofText text: Int) {
    own[text] = score
    best[imageOfText[text]] = max(best[imageOfText[text]], score)
  }

  /// Counts the scores of a block of images with all texts: [rows, texts], row-major.
  mutating func add(_ scores: [Float], rows: Range<Int>) {
    let texts = imageOfText.count
    for image in rows {
      let (first, threshold) = ((image - rows.lowerBound) * texts, best[image])
      var (better, isTied) = (0, false)
      for text in 0..<texts {
        let score = scores[first + text]
        better += score > threshold ? 1 : 0
        guard imageOfText[text] != image else { continue }
        if score == threshold { isTied = true }
        betterImages[text] += score > own[text] ? 1 : 0
        if score == own[text] { textIsTied[text] = true }
      }
      betterTexts[image] = better
      imageIsTied[image] = isTied
    }
  }

  func metrics() -> RetrievalMetrics {
    let asking = (0..<images).filter { hasText[$0] }
    return RetrievalMetrics(
      imageToText: RetrievalRanks(
        ranks: asking.map { betterTexts[$0] + 1 }, tiedQueries: asking.count { imageIsTied[$0] }),
      textToImage: RetrievalRanks(ranks: betterImages.map { $0 + 1 }, tiedQueries: textIsTied.count { $0 }),
      imagesWithoutText: (0..<images).filter { !hasText[$0] })
  }
}
