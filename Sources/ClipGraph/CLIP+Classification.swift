import Foundation

/// How well labels fit one picture.
public struct Classification: Sendable {
  public struct Score: Hashable, Sendable {
    public let label: String
    public let probability: Float
  }
  public let image: String
  /// Most probable first; the probabilities of all labels sum to one.
  public let scores: [Score]
}

extension CLIP {
  /// Zero-shot classification: softmax over the scaled cosines of each picture with every label's embedding.
  ///
  /// - Parameters:
  ///   - labels: at least two.
  ///   - templates: captions with `{}` for the label; several are averaged in embedding space.
  public func classify(
    _ paths: [String], labels: [String], templates: [String] = ["a photo of a {}."]
  ) throws(ClipGraphError) -> [Classification] {
    let classes = try classifier(labels: labels, templates: templates)
    let cosines = try encode(images: paths).normalised().similarities(to: classes)
    return zip(paths, cosines).map { path, row in
      let scores = zip(labels, softmax(row)).map { Classification.Score(label: $0, probability: $1) }
      return Classification(image: path, scores: scores.sorted { $0.probability > $1.probability })
    }
  }

  /// One normalised embedding a label: every template filled, encoded, normalised, averaged, normalised again, as in
  /// openai/CLIP's Prompt_Engineering_for_ImageNet notebook. [labels, E]
  public func classifier(
    labels: [String], templates: [String] = ["a photo of a {}."]
  ) throws(ClipGraphError) -> Embeddings {
    guard labels.count >= 2 else {
      throw ClipGraphError(
        "labels", "at least two are needed to choose from, not \(labels.count): the one would always have probability 1"
      )
    }
    guard !templates.isEmpty, templates.allSatisfy({ $0.contains("{}") }) else {
      throw ClipGraphError("template", "every template needs {} where the label goes")
    }
    let captions = labels.flatMap { label in templates.map { $0.replacingOccurrences(of: "{}", with: label) } }
    let features = try encode(texts: captions).normalised()
    var values: [Float] = []
    for label in labels.indices {
      for column in 0..<features.width {
        var sum = 0.0
        for template in templates.indices {
          sum += Double(features.values[(label * templates.count + template) * features.width + column])
        }
        values.append(Float(sum / Double(templates.count)))
      }
    }
    return Embeddings(rows: labels.count, width: features.width, values: values).normalised()
  }

  /// Probabilities from cosines.
  public func softmax(_ cosines: [Float]) -> [Float] {
    let largest = Double(cosines.max() ?? 0)
    let powers = cosines.map { exp(Double(logitScale) * (Double($0) - largest)) }
    let sum = powers.reduce(0, +)
    return powers.map { Float($0 / sum) }
  }
}
