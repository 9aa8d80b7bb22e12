import ClipGraph
import Datasets
import Preprocessing

/// Walks through a data set in bounded portions, and encodes its pictures.
struct SampleEncoding {
  let clip: CLIP
  /// Samples read and encoded at once.
  private let portion = 128

  init(_ clip: CLIP) { self.clip = clip }

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
    func finishPortion() throws(EvaluationError) {
      guard !samples.isEmpty else { return }
      isEmpty = false
      let features = try encode(samples)
      try body(samples, normalises ? features.normalised() : features)
      samples.removeAll(keepingCapacity: true)
    }
    let names = data.partNames
    for part in names.indices {
      do throws(DatasetError) {
        try data.read(part: part, incomplete: { _ in }) { sample in
          samples.append(sample)
          guard samples.count == portion else { return true }
          do throws(EvaluationError) { try finishPortion() } catch { failure = error }
          return failure == nil
        }
      } catch {
        throw EvaluationError(error)
      }
      if let failure { throw failure }
    }
    try finishPortion()
    if isEmpty { throw EvaluationError(names.first ?? "data", "holds no image with a caption") }
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
