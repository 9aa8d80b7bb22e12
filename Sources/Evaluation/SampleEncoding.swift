import ClipGraph
import Datasets
import Preprocessing

/// Walks through a data set in bounded portions, and encodes its pictures, or takes their features from a cache.
struct SampleEncoding {
  let clip: CLIP
  let cache: FeatureCache?
  /// Samples read and encoded at once.
  private static let portion = 128

  init(_ clip: CLIP, cache: FeatureCache? = nil) { (self.clip, self.cache) = (clip, cache) }

  /// Hands `body` every portion with the features of its pictures, [samples, E]; of length 1, unless they are to be as the
  /// model gives them.
  ///
  /// - Throws: `EvaluationError` for what cannot be read or decoded, for features that are no finite numbers, for data without
  ///   a sample, and whatever `body` throws.
  func walk(
    _ data: any SampleSource, normalises: Bool = true, _ body: ([Sample], Embeddings) throws(EvaluationError) -> Void
  ) throws(EvaluationError) {
    var samples: [Sample] = []
    var (isEmpty, failure) = (true, EvaluationError?.none)
    var part = EncodedPart()
    let model = cache == nil ? nil : clip.imageFingerprint
    func finishPortion() throws(EvaluationError) {
      guard !samples.isEmpty else { return }
      isEmpty = false
      let kept = part.next(samples.count)
      let features: Embeddings
      if let kept {
        features = kept
      } else {
        features = try encode(samples)
        part.add(features)
      }
      try body(samples, normalises ? features.normalised() : features)
      samples.removeAll(keepingCapacity: true)
    }
    let names = data.partNames
    for index in names.indices {
      if let cache, let model {
        let key = FeatureCache.key(["image features", model, data.stamp(part: index)])
        part = EncodedPart(key: key, kept: cache.read(key))
      }
      do throws(DatasetError) {
        try data.read(part: index, incomplete: { _ in }) { sample in
          samples.append(sample)
          guard samples.count == SampleEncoding.portion else { return true }
          do throws(EvaluationError) { try finishPortion() } catch { failure = error }
          return failure == nil
        }
      } catch {
        throw EvaluationError(error)
      }
      if let failure { throw failure }
      guard let cache, let key = part.key else { continue }
      try finishPortion()
      do throws(ClipGraphError) { if let made = part.made { try cache.write(made, key) } } catch {
        throw EvaluationError(error)
      }
    }
    try finishPortion()
    if isEmpty { throw EvaluationError(names.first ?? "data", "holds no picture with a caption or a class") }
  }

  private func encode(_ samples: [Sample]) throws(EvaluationError) -> Embeddings {
    var pictures: [DecodedImage] = []
    for sample in samples {
      do { pictures.append(try DecodedImage(data: try sample.encodedImage())) } catch {
        throw EvaluationError(sample.place, "\(error)")
      }
    }
    let features: Embeddings
    do { features = try clip.encode(pictures: pictures) } catch { throw EvaluationError(error) }
    if let index = features.values.firstIndex(where: { !$0.isFinite }) {
      throw EvaluationError(
        samples[index / features.width].place, "the model's features of this picture are not finite numbers")
    }
    return features
  }
}

extension Sample {
  /// Where it lies, for errors.
  var place: String { source == key ? key : "\(source): \(key)" }
}
