import ClipGraph
import Datasets
import Foundation
import Preprocessing

/// Zero-shot accuracy over shards.
public struct ZeroShot {
  private let clip: CLIP
  /// Samples read and encoded at once.
  private let portion = 128

  public init(_ clip: CLIP) { self.clip = clip }

  /// All samples choose among `labels`; `KEY.cls` is the index of the right one.
  ///
  /// - Parameters:
  ///   - templates: captions with `{}` for the label; several are averaged in embedding space.
  ///   - progress: called with the number of samples done.
  public func accuracy(
    shards: [String], labels: [String], templates: [String], progress: ((Int) -> Void)? = nil
  ) throws(EvaluationError) -> ZeroShotResult {
    let classes: Embeddings
    do { classes = try clip.classifier(labels: labels, templates: templates) } catch { throw EvaluationError(error) }
    return try evaluate(shards, progress) { samples, features throws(EvaluationError) in
      let scores = features.similarities(to: classes)
      var rows: [Scored] = []
      for (sample, row) in zip(samples, scores) {
        guard let label = sample.label else {
          throw EvaluationError(
            "\(sample.source): \(sample.key)",
            "has no class (KEY.cls); leave --labels out where samples bring candidates")
        }
        guard labels.indices.contains(label) else {
          throw EvaluationError(
            "\(sample.source): \(sample.key)", "is of class \(label), but there are only \(labels.count) labels")
        }
        rows.append((row, label))
      }
      return rows
    }
  }

  /// Every sample chooses among its own candidates, given in `KEY.json`.
  public func accuracyAmongCandidates(
    shards: [String], progress: ((Int) -> Void)? = nil
  ) throws(EvaluationError) -> ZeroShotResult {
    var captions = CaptionCache()
    return try evaluate(shards, progress) { samples, features throws(EvaluationError) in
      var choices: [Candidates] = []
      for sample in samples { choices.append(try ZeroShot.candidates(of: sample)) }
      do throws(ClipGraphError) { try captions.add(choices.flatMap(\.candidates), clip) } catch {
        throw EvaluationError(error)
      }
      var rows: [Scored] = []
      for (row, choice) in choices.enumerated() {
        rows.append((choice.candidates.map { captions.similarity(of: features[row], to: $0) }, choice.answer))
      }
      return rows
    }
  }

  private static func candidates(of sample: Sample) throws(EvaluationError) -> Candidates {
    let place = "\(sample.source): \(sample.key)"
    guard let json = sample.json else {
      throw EvaluationError(place, "has no candidates (KEY.json); name the classes with --labels")
    }
    guard let choice = try? JSONDecoder().decode(Candidates.self, from: Data(json)) else {
      throw EvaluationError(place, "has a KEY.json that is not {\"candidates\": [...], \"answer\": index}")
    }
    guard choice.candidates.count >= 2, choice.candidates.indices.contains(choice.answer) else {
      throw EvaluationError(
        place,
        "has \(choice.candidates.count) candidates and the answer \(choice.answer), which leaves nothing to choose")
    }
    return choice
  }

  /// A sample's scores and the index of the right one.
  private typealias Scored = (scores: [Float], answer: Int)
  /// The samples of a portion and their normalised features → their scores.
  private typealias Scoring = ([Sample], Embeddings) throws(EvaluationError) -> [Scored]

  private func evaluate(
    _ shards: [String], _ progress: ((Int) -> Void)?, _ score: Scoring
  ) throws(EvaluationError) -> ZeroShotResult {
    var result = ZeroShotResult()
    var samples: [Sample] = []
    var failure: EvaluationError?
    func finishPortion() throws(EvaluationError) {
      guard !samples.isEmpty else { return }
      let features = try encode(samples)
      for (scores, answer) in try score(samples, features) { result.add(scores, answer: answer) }
      samples.removeAll(keepingCapacity: true)
      progress?(result.samples)
    }
    for shard in shards {
      do throws(DatasetError) {
        try WebDataset.read(shard) { sample in
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
    guard result.samples > 0 else {
      throw EvaluationError(shards.first ?? "data", "holds no image with a caption")
    }
    return result
  }

  private func encode(_ samples: [Sample]) throws(EvaluationError) -> Embeddings {
    var pictures: [DecodedImage] = []
    for sample in samples {
      do { pictures.append(try DecodedImage(data: sample.image)) } catch {
        throw EvaluationError("\(sample.source): \(sample.key)", "\(error)")
      }
    }
    do { return try clip.encode(pictures: pictures).normalised() } catch { throw EvaluationError(error) }
  }
}
