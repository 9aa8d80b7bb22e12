/// Counts, for every image and every text, the wrong candidates that score no less than the right one, block by block.
///
/// Every text belongs to one image, and an image may have any number of texts. First the score of every text with its own image is set, then every block of image rows is added once.
package struct RetrievalCounts {
  private let images: Int
  private let imageOfText: [Int]
  private let hasText: [Bool]
  /// [texts]: the score with the text's own image.
  private var own: [Float]
  /// [images]: the greatest score with a text of the image's own; without one, −∞.
  private var best: [Float]
  private var textsNotWorse: [Int]
  private var imagesNotWorse: [Int]
  private var imageIsTied: [Bool]
  private var textIsTied: [Bool]

  /// - Parameters:
  ///   - images: number of images, at least 1.
  ///   - imageOfText: [texts], each in 0 ..< images; not empty.
  package init(images: Int, imageOfText: [Int]) {
    var hasText = [Bool](repeating: false, count: images)
    for image in imageOfText { hasText[image] = true }
    (self.images, self.imageOfText, self.hasText) = (images, imageOfText, hasText)
    own = [Float](repeating: -.infinity, count: imageOfText.count)
    best = [Float](repeating: -.infinity, count: images)
    textsNotWorse = [Int](repeating: 0, count: images)
    imagesNotWorse = [Int](repeating: 0, count: imageOfText.count)
    imageIsTied = [Bool](repeating: false, count: images)
    textIsTied = [Bool](repeating: false, count: imageOfText.count)
  }

  /// Sets the score of a text with its own image.
  package mutating func setScore(_ score: Float, ofText text: Int) {
    own[text] = score
    best[imageOfText[text]] = max(best[imageOfText[text]], score)
  }

  /// Counts the scores of a block of images with all texts: [rows, texts], row-major.
  package mutating func add(_ scores: [Float], rows: Range<Int>) {
    let texts = imageOfText.count
    for image in rows {
      let (first, threshold) = ((image - rows.lowerBound) * texts, best[image])
      var (notWorse, isTied) = (0, false)
      for text in 0..<texts {
        guard imageOfText[text] != image else { continue }
        let score = scores[first + text]
        // What is no number is not less either.
        notWorse += score < threshold ? 0 : 1
        if score == threshold { isTied = true }
        imagesNotWorse[text] += score < own[text] ? 0 : 1
        if score == own[text] { textIsTied[text] = true }
      }
      textsNotWorse[image] = notWorse
      imageIsTied[image] = isTied
    }
  }

  /// One rank for every image that has a text, in the order of the images.
  package var imageToText: RetrievalRanks {
    let asking = (0..<images).filter { hasText[$0] }
    return RetrievalRanks(ranks: asking.map { textsNotWorse[$0] + 1 }, tiedQueries: asking.count { imageIsTied[$0] })
  }

  /// One rank for every text.
  package var textToImage: RetrievalRanks {
    RetrievalRanks(ranks: imagesNotWorse.map { $0 + 1 }, tiedQueries: textIsTied.count { $0 })
  }

  /// Images that no text belongs to, ascending.
  package var imagesWithoutText: [Int] { (0..<images).filter { !hasText[$0] } }
}
