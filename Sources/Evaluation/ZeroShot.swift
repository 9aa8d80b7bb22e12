import ClipGraph
import Datasets
import Foundation

/// Zero-shot accuracy over a data set.
public struct ZeroShot {
  let clip: CLIP
  let cache: FeatureCache?

  /// - Parameter cache: keeps features and classifiers for the next time.
  public init(_ clip: CLIP, cache: FeatureCache? = nil) { (self.clip, self.cache) = (clip, cache) }

  /// All samples choose among `labels`; a sample's label is the index of the right one.
  ///
  /// - Parameters:
  ///   - templates: captions with `{}` for the label; several are averaged in embedding space.
  ///   - progress: called with the number of samples done.
  public func accuracy(
    data: any SampleSource, labels: [String], templates: [String], progress: ((Int) -> Void)? = nil
  ) throws(EvaluationError) -> ZeroShotResult {
    let classes = try LabelEncoding.classifier(clip, labels, templates, cache)
    var result = ZeroShotResult()
    try SampleEncoding(clip, cache: cache).walk(data) { samples, features throws(EvaluationError) in
      for (sample, scores) in zip(samples, features.similarities(to: classes)) {
        guard let label = sample.label else {
          throw EvaluationError(
            sample.place, "has no class (KEY.cls); leave --labels out where samples bring candidates")
        }
        guard labels.indices.contains(label) else {
          throw EvaluationError(sample.place, "is of class \(label), but there are only \(labels.count) labels")
        }
        result.add(scores, answer: label, confidence: clip.softmax(scores).max())
      }
      progress?(result.samples)
    }
    return result
  }

  /// Every sample chooses among its own candidates, given in `KEY.json`.
  public func accuracyAmongCandidates(
    data: any SampleSource, progress: ((Int) -> Void)? = nil
  ) throws(EvaluationError) -> ZeroShotResult {
    var captions = CaptionCache()
    var result = ZeroShotResult()
    try SampleEncoding(clip, cache: cache).walk(data) { samples, features throws(EvaluationError) in
      var choices: [Candidates] = []
      for sample in samples { choices.append(try ZeroShot.candidates(of: sample)) }
      do throws(ClipGraphError) { try captions.add(choices.flatMap(\.candidates), clip) } catch {
        throw EvaluationError(error)
      }
      for (row, choice) in choices.enumerated() {
        result.add(
          choice.candidates.map { captions.similarity(of: features[row], to: $0) }, answer: choice.answer)
      }
      progress?(result.samples)
    }
    return result
  }

  private static func candidates(of sample: Sample) throws(EvaluationError) -> Candidates {
    guard let json = sample.json else {
      throw EvaluationError(sample.place, "has no candidates (KEY.json); name the classes with --labels")
    }
    let data: [UInt8]
    do { data = try json.bytes(limit: 1 << 24) } catch { throw EvaluationError(error) }
    guard let choice = try? JSONDecoder().decode(Candidates.self, from: Data(data)) else {
      throw EvaluationError(sample.place, "has a KEY.json that is not {\"candidates\": [...], \"answer\": index}")
    }
    guard choice.candidates.count >= 2, choice.candidates.indices.contains(choice.answer) else {
      throw EvaluationError(
        sample.place,
        "has \(choice.candidates.count) candidates and the answer \(choice.answer), which leaves nothing to choose")
    }
    return choice
  }
}
