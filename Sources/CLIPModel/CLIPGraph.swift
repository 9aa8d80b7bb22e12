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
    let perImage = b.scoped("logits") {
      let scale = p("logit_scale", []).exp()
      let logits = (scale * image.normalised()).matmul(text.normalised().transposed([1, 0]))
      return c.logitBias == nil ? logits : logits + p("logit_bias", [])
    }.named("logits_per_image")
    b.output("logits_per_image", perImage)
    b.output("logits_per_text", b.scoped("logits") { perImage.transposed([1, 0]) }.named("logits_per_text"))
  }
}
