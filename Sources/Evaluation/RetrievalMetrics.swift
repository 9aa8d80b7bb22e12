import ClipGraph

/// Cross-modal retrieval: images that find their texts, and texts that find their image.
///
/// An image may have several texts, as in Flickr30k and COCO (Karpathy and Fei-Fei 2015, arXiv:1412.2306): from image to
/// text a hit is any of the image's texts among the best k, from text to image it is the text's one image. Scores are
/// computed in blocks of image rows; beside the features, memory is one block and O(images + texts) numbers, never the
/// matrix [images, texts].
public struct RetrievalMetrics: Hashable, Sendable, Codable {
  /// One rank for every image that has a text, in the order of the images. Candidates are all texts.
  public let imageToText: RetrievalRanks
  /// One rank for every text, in the order of the texts. Candidates are all images.
  public let textToImage: RetrievalRanks
  /// Images that no text belongs to, ascending. They are candidates for texts but ask for none themselves.
  public let imagesWithoutText: [Int]

  /// Measures features by their inner products, which are cosines where rows have the Euclidean length 1.
  ///
  /// The inner product is taken of the rows as they are given: normalise them first.
  ///
  /// - Parameters:
  ///   - imageFeatures: [images, width], row-major, finite.
  ///   - textFeatures: [texts, width], row-major, finite.
  ///   - width: features in a row, at least 1.
  ///   - imageOfText: [texts], the index of the image that each text belongs to.
  ///   - blockSize: image rows whose scores are held at once, at least 1: blockSize · texts floats.
  /// - Throws: `EvaluationError` where there is no image or no text, where sizes do not fit one another, where a text
  ///   belongs to no image that is there, where a feature is infinite or not a number, or where an inner product is not a
  ///   number.
  public init(
    imageFeatures: [Float], textFeatures: [Float], width: Int, imageOfText: [Int], blockSize: Int = 64
  ) throws(EvaluationError) {
    let images = try RetrievalFeatures(imageFeatures, width: width, name: "image features")
    let texts = try RetrievalFeatures(textFeatures, width: width, name: "text features")
    guard texts.rows == imageOfText.count else {
      throw EvaluationError(
        "retrieval", "there are features of \(texts.rows) texts, but images for \(imageOfText.count) texts")
    }
    try RetrievalMetrics.check(images: images.rows, imageOfText: imageOfText, blockSize: blockSize)
    var counts = RetrievalCounts(images: images.rows, imageOfText: imageOfText)
    for (text, image) in imageOfText.enumerated() { counts.setScore(images.score(image, texts, text), ofText: text) }
    for block in RetrievalMetrics.blocks(of: images.rows, size: blockSize) {
      // Large finite features can overflow to what is not a number.
      counts.add(try RetrievalMetrics.checked(images.scores(block, texts), rows: block, texts: texts.rows), rows: block)
    }
    self.init(counts)
  }

  /// Measures scores that `scores` computes block by block.
  ///
  /// Every block is asked for twice: once for the scores of matching pairs, once for ranking. Both answers must be the
  /// same.
  ///
  /// - Parameters:
  ///   - images: number of images, at least 1.
  ///   - imageOfText: [texts], the index of the image that each text belongs to.
  ///   - blockSize: image rows asked for at once, at least 1; the last block may be shorter.
  ///   - scores: gives the scores of a range of images with all texts, [range, texts], row-major; greater is better.
  ///     Infinite scores are allowed.
  /// - Throws: `EvaluationError` where there is no image or no text, where a text belongs to no image that is there,
  ///   where a block has another size or a score that is not a number, and whatever `scores` throws.
  public init(
    images: Int, imageOfText: [Int], blockSize: Int = 64,
    scores: (_ images: Range<Int>) throws(EvaluationError) -> [Float]
  ) throws(EvaluationError) {
    try RetrievalMetrics.check(images: images, imageOfText: imageOfText, blockSize: blockSize)
    var counts = RetrievalCounts(images: images, imageOfText: imageOfText)
    let blocks = RetrievalMetrics.blocks(of: images, size: blockSize)
    for block in blocks {
      let values = try RetrievalMetrics.checked(try scores(block), rows: block, texts: imageOfText.count)
      for (text, image) in imageOfText.enumerated() where block.contains(image) {
        counts.setScore(values[(image - block.lowerBound) * imageOfText.count + text], ofText: text)
      }
    }
    for block in blocks {
      let values = try RetrievalMetrics.checked(try scores(block), rows: block, texts: imageOfText.count)
      counts.add(values, rows: block)
    }
    self.init(counts)
  }

  private init(_ counts: RetrievalCounts) {
    (imageToText, textToImage) = (counts.imageToText, counts.textToImage)
    imagesWithoutText = counts.imagesWithoutText
  }

  private static func check(images: Int, imageOfText: [Int], blockSize: Int) throws(EvaluationError) {
    guard images >= 1 else { throw EvaluationError("retrieval", "there are no images") }
    guard !imageOfText.isEmpty else { throw EvaluationError("retrieval", "there are no texts") }
    if let text = imageOfText.firstIndex(where: { !(0..<images).contains($0) }) {
      throw EvaluationError(
        "retrieval", "text \(text) belongs to image \(imageOfText[text]), but there are only \(images) images")
    }
    guard blockSize >= 1 else {
      throw EvaluationError("retrieval", "a block of \(blockSize) image rows is none; give 1 at least")
    }
  }

  private static func blocks(of rows: Int, size: Int) -> [Range<Int>] {
    stride(from: 0, to: rows, by: size).map { $0..<$0 + min(size, rows - $0) }
  }

  /// `values` as they are, which are [rows, texts] without anything that is not a number.
  private static func checked(
    _ values: [Float], rows: Range<Int>, texts: Int
  ) throws(EvaluationError) -> [Float] {
    guard values.count == rows.count * texts else {
      throw EvaluationError(
        "retrieval",
        "the scores of images \(rows) with \(texts) texts are \(values.count) numbers, not \(rows.count * texts)")
    }
    if let place = values.firstIndex(where: \.isNaN) {
      throw EvaluationError(
        "retrieval", "the score of image \(rows.lowerBound + place / texts) with text \(place % texts) is not a number")
    }
    return values
  }
}
