import ClipGraph
import Datasets

/// Accuracy under shift against accuracy on a reference set (Taori et al. 2020, arXiv:2007.00644).
///
/// Like is compared with like: pictures of a set with a class subset choose among those labels alone, and so do the reference
/// pictures that it is compared with, of which only those of the subset count.
public struct Robustness {
  private let clip: CLIP
  private let cache: FeatureCache?

  /// - Parameter cache: keeps features and classifiers for the next time.
  public init(_ clip: CLIP, cache: FeatureCache? = nil) { (self.clip, self.cache) = (clip, cache) }

  /// - Parameters:
  ///   - reference: the data without a shift; without a subset.
  ///   - shifted: with names that differ.
  ///   - labels: what the pictures choose among, as the sets were made with.
  ///   - templates: captions with `{}` for the label; several are averaged in embedding space.
  ///   - progress: called with the number of pictures done, of all sets.
  /// - Throws: `EvaluationError` for data that cannot be read, samples without a class or with one out of range, and a subset of
  ///   which the reference set has no picture.
  public func measure(
    reference: RobustnessSet, shifted: [RobustnessSet], labels: [String], templates: [String],
    progress: ((Int) -> Void)? = nil
  ) throws(EvaluationError) -> RobustnessResult {
    let classifier = try LabelEncoding.classifier(clip, labels, templates, cache)
    // The reference pictures are encoded once for all subsets.
    let subsets = [nil] + Set(shifted.compactMap(\.subset))
    var results = subsets.map { _ in ZeroShotResult() }
    var done = 0
    func count(_ samples: Int) {
      done += samples
      progress?(done)
    }
    try walk(reference, classifier) { answer, scores in
      for index in subsets.indices { results[index].add(scores, answer, among: subsets[index]) }
    } progress: {
      count($0)
    }
    var shifts: [RobustnessShift] = []
    for set in shifted {
      guard let own = subsets.firstIndex(of: set.subset).map({ results[$0] }), own.samples > 0 else {
        throw EvaluationError(reference.name, "has no picture of the classes that \(set.name) has")
      }
      var result = ZeroShotResult()
      try walk(set, classifier) { answer, scores in
        result.add(scores, answer, among: set.subset)
      } progress: {
        count($0)
      }
      shifts.append(
        RobustnessShift(
          name: set.name, classes: set.subset?.count ?? labels.count, reference: own.hits, shifted: result.hits))
    }
    return RobustnessResult(name: reference.name, reference: results[0].hits, shifts: shifts)
  }

  /// Hands `body` every picture's label and its scores for all labels.
  private func walk(
    _ set: RobustnessSet, _ classifier: Embeddings, _ body: (Int, [Float]) -> Void, progress: (Int) -> Void
  ) throws(EvaluationError) {
    try SampleEncoding(clip, cache: cache).walk(set.data) { samples, features throws(EvaluationError) in
      for (sample, scores) in zip(samples, features.similarities(to: classifier)) {
        guard let label = sample.label else {
          throw EvaluationError(sample.place, "has no class (KEY.cls, or a folder for each class)")
        }
        guard set.classes.indices.contains(label) else {
          throw EvaluationError(
            sample.place, "is of class \(label), but \(set.name) has only \(set.classes.count) labels")
        }
        body(set.classes[label], scores)
      }
      progress(samples.count)
    }
  }
}

extension ZeroShotResult {
  /// Counts a picture by its scores for the labels of a subset (all where nil); one of another label does not count.
  mutating func add(_ scores: [Float], _ answer: Int, among subset: [Int]?) {
    guard let subset else { return add(scores, answer: answer) }
    guard let place = subset.firstIndex(of: answer) else { return }
    add(subset.map { scores[$0] }, answer: place)
  }
}
