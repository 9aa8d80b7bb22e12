import Graphs
import Operators
import Tensors

/// Which encoders a graph holds.
public enum Tower: String, Sendable, CaseIterable {
  case image, text
}

extension Graph {
  /// Declares CLIP: `image` [batch, 3, S, S] → `image_features`, `text` [batch, sequence] → `text_features` (projections that
  /// are not normalised), and both → `logits_per_image`, `logits_per_text`.
  ///
  /// - Parameters:
  ///   - tower: one encoder alone, or nil for the whole.
  ///   - source: numbers for every parameter.
  /// - Throws: `BuildError` naming every parameter that is missing or has another shape.
  public static func clip(
    _ configuration: CLIPConfiguration, tower: Tower? = nil, source: @escaping Parameters.Source
  ) throws(BuildError) -> Graph {
    try Graph.build("clip") { b in declareCLIP(b, configuration, tower: tower, Parameters(b, source: source)) }
  }
}

/// Declares the model in `b`.
func declareCLIP(_ b: GraphBuilder, _ c: CLIPConfiguration, tower: Tower?, _ p: Parameters) {
  let side = Dimension(c.vision.imageSize)
  var image: Tensor?
  var text: Tensor?
  if tower != .text {
    let pixels = b.input("image", .float32, [.symbol("batch"), 3, side, side])
    image = imageTower(pixels, p["visual"], c).named("image_features")
  }
  if tower != .image {
    let tokens = b.input("text", .int64, [.symbol("batch"), .symbol("sequence")])
    text = textTower(tokens, p, c).named("text_features")
  }
  if let image { b.output("image_features", image) }
  if let text { b.output("text_features", text) }
  if let image, let text {
    let (perImage, perText) = logits(image: image, text: text, p, c)
    b.output("logits_per_image", perImage.named("logits_per_image"))
    b.output("logits_per_text", perText.named("logits_per_text"))
  }
}

/// The scaled cosines of all pairs, and their transpose. Embeddings [N, E] and [M, E] → [N, M], [M, N]
private func logits(
  image: Tensor, text: Tensor, _ p: Parameters, _ c: CLIPConfiguration
) -> (perImage: Tensor, perText: Tensor) {
  p["logits"].named {
    let scale = p("logit_scale", []).exp()
    let cosines = (scale * image.normalised()).matmul(text.normalised().transposed([1, 0]))
    let perImage = c.logitBias == nil ? cosines : cosines + p("logit_bias", [])
    return (perImage, perImage.transposed([1, 0]))
  }
}

/// What a contrastive loss compares: unit vectors [N, E], and how logits are made of their cosines.
public struct TrainingEmbeddings {
  public let image, text: Tensor
  /// exp(logit_scale), a scalar.
  public let scale: Tensor
  /// What is added to all logits, a scalar; it changes no softmax.
  public let bias: Tensor?

  public init(image: Tensor, text: Tensor, scale: Tensor, bias: Tensor? = nil) {
    (self.image, self.text, self.scale, self.bias) = (image, text, scale, bias)
  }
}

extension GraphBuilder {
  /// The embeddings of the whole CLIP that this builder extends, as training sees them: the last block of a transformer works
  /// for the token alone that is read; batch normalisation takes the statistics of the batch, and its running ones become
  /// states that move. Before they are normalised they are called `training.image_features` and `training.text_features`.
  ///
  /// - Parameter isImageFrozen: takes the pictures' features as inference computes them, for image towers that stay; they
  ///   keep the name `image_features`.
  public func trainingEmbeddings(_ c: CLIPConfiguration, isImageFrozen: Bool = false) -> TrainingEmbeddings? {
    guard graph.outputs.contains(where: { $0.name == "logits_per_image" }),
      let pixels = graph.value(named: "image"), let tokens = graph.value(named: "text")
    else { return nil }
    let p = Parameters(training: self)
    let inferred = isImageFrozen ? graph.value(named: "image_features").map { Tensor(self, $0) } : nil
    let image = inferred ?? imageTower(Tensor(self, pixels), p["visual"], c).named("training.image_features")
    let text = textTower(Tensor(self, tokens), p, c).named("training.text_features")
    return p["logits"].named {
      TrainingEmbeddings(
        image: image.normalised(), text: text.normalised(), scale: p("logit_scale", []).exp(),
        bias: c.logitBias == nil ? nil : p("logit_bias", []))
    }
  }
}
