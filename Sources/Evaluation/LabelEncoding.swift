import ClipGraph

/// The features that pictures choose among.
enum LabelEncoding {
  /// One normalised embedding a label, [labels, E], as `CLIP.classifier` gives them.
  ///
  /// - Throws: `EvaluationError` as that, and for features that are no finite numbers.
  static func classifier(
    _ clip: CLIP, _ labels: [String], _ templates: [String]
  ) throws(EvaluationError) -> Embeddings {
    let classes: Embeddings
    do { classes = try clip.classifier(labels: labels, templates: templates) } catch { throw EvaluationError(error) }
    if let index = classes.values.firstIndex(where: { !$0.isFinite }) {
      throw EvaluationError(
        "label “\(labels[index / classes.width])”", "the model's features of it are not finite numbers")
    }
    return classes
  }
}
