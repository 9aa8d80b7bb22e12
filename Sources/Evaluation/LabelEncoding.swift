import ClipGraph

/// The features that pictures choose among.
enum LabelEncoding {
  /// One normalised embedding a label, [labels, E], as `CLIP.classifier` gives them; kept in the cache.
  ///
  /// - Throws: `EvaluationError` as that, and for features that are no finite numbers.
  static func classifier(
    _ clip: CLIP, _ labels: [String], _ templates: [String], _ cache: FeatureCache?
  ) throws(EvaluationError) -> Embeddings {
    let classes: Embeddings
    do { classes = try kept(clip, labels, templates, cache) } catch { throw EvaluationError(error) }
    if let index = classes.values.firstIndex(where: { !$0.isFinite }) {
      throw EvaluationError(
        "label “\(labels[index / classes.width])”", "the model's features of it are not finite numbers")
    }
    return classes
  }

  private static func kept(
    _ clip: CLIP, _ labels: [String], _ templates: [String], _ cache: FeatureCache?
  ) throws(ClipGraphError) -> Embeddings {
    guard let cache, let model = try clip.fingerprint(texts: labels.flatMap { [$0] + templates }) else {
      return try clip.classifier(labels: labels, templates: templates)
    }
    let key = FeatureCache.key(["classifier", model, "\(templates.count)"])
    if let kept = cache.read(key), kept.rows == labels.count { return kept }
    let made = try clip.classifier(labels: labels, templates: templates)
    if made.values.allSatisfy(\.isFinite) { try cache.write(made, key) }
    return made
  }
}
