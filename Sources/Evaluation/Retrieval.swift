import ClipGraph
import Datasets

/// Retrieval over a data set of captioned pictures: how well pictures find their captions, and captions their picture.
///
/// Every caption of a picture counts for itself, also where other pictures have the same one. Rows of a table that name the
/// same file are one picture with several captions.
public struct Retrieval {
  private let clip: CLIP
  private let cache: FeatureCache?

  /// - Parameter cache: keeps the pictures' features for the next time.
  public init(_ clip: CLIP, cache: FeatureCache? = nil) { (self.clip, self.cache) = (clip, cache) }

  /// - Parameter progress: called with the number of samples done.
  /// - Throws: `EvaluationError` for data that cannot be read, or fewer than two pictures.
  public func metrics(
    data: any SampleSource, progress: ((Int) -> Void)? = nil
  ) throws(EvaluationError) -> RetrievalMetrics {
    var (features, captions, imageOfCaption) = ([Float](), [String](), [Int]())
    var places: [FilePart: Int] = [:]
    var (images, width, samplesDone) = (0, 1, 0)
    try SampleEncoding(clip, cache: cache).walk(data) { samples, rows throws(EvaluationError) in
      width = rows.width
      for (row, sample) in samples.enumerated() {
        let place: Int
        if let known = places[sample.image] {
          place = known
        } else {
          place = images
          images += 1
          features += rows[row]
          places[sample.image] = place
        }
        let own = sample.captions.isEmpty ? [sample.caption] : sample.captions
        captions += own
        imageOfCaption += own.map { _ in place }
      }
      samplesDone += samples.count
      progress?(samplesDone)
    }
    guard images >= 2 else {
      throw EvaluationError(data.partNames.first ?? "data", "holds one picture alone, which leaves nothing to find")
    }
    let texts = try encode(captions)
    return try RetrievalMetrics(
      imageFeatures: features, textFeatures: texts, width: width, imageOfText: imageOfCaption)
  }

  /// Normalised features, [captions, E].
  private func encode(_ captions: [String]) throws(EvaluationError) -> [Float] {
    var features: [Float] = []
    for start in stride(from: 0, to: captions.count, by: 1_024) {
      let portion = Array(captions[start..<min(start + 1_024, captions.count)])
      do { features += try clip.encode(texts: portion).normalised().values } catch { throw EvaluationError(error) }
    }
    return features
  }
}
