import Graphs
import Tensors

extension CLIP {
  /// The scale of logits: the caller's, else an initializer's, else as the graph's own logits show it, else CLIP's usual.
  static func logitScale(
    _ graphs: [Graph], _ images: Encoder?, _ texts: Encoder?, _ sizes: (side: Int?, tokens: Int?), _ given: Preparation
  ) throws(ClipGraphError) -> (value: Float, note: Assumption?) {
    let subject = "logit scale"
    if let scale = given.logitScale { return (scale, nil) }
    for graph in graphs {
      guard let stored = LogitScale.stored(in: graph) else { continue }
      let note = Assumption(subject, "\(stored.value)", from: "the initializer \(stored.name)")
      return (stored.value, stored.name == "logit_scale" ? nil : note)
    }
    guard images != nil, texts != nil else {
      return (LogitScale.usual, nil)
    }
    if let side = sizes.side, let tokens = sizes.tokens, let measured = CLIP.measuredScale(images, texts, side, tokens)
    {
      return (measured, Assumption(subject, "\(measured)", from: "measured on the graph's own logits"))
    }
    return (LogitScale.usual, Assumption(subject, "\(LogitScale.usual)", from: "assumed; --logit-scale says otherwise"))
  }

  /// Compares logits with cosines, of noise and made-up captions.
  private static func measuredScale(_ images: Encoder?, _ texts: Encoder?, _ side: Int, _ length: Int) -> Float? {
    guard let images, let texts, images.engine === texts.engine, let logits = images.points.logits else { return nil }
    let (pictures, captions) = (images.entry.batch ?? 2, texts.entry.batch ?? 2)
    guard images.entry.inputType.scalar.isFloat else { return nil }
    let sizes = images.entry.hasChannelsLast ? [pictures, side, side, 3] : [pictures, 3, side, side]
    var state: UInt64 = 1
    func noise(_ bound: UInt64) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((state >> 33) % bound)
    }
    let pixels = (0..<sizes.reduce(1, *)).map { _ in Float(noise(4000)) / 1000 - 2 }
    let words = UInt64(max(2, min(texts.points.tokenTableRows ?? 1000, 1 << 20)))
    let tokens = (0..<captions * length).map { _ in noise(words) }
    var inputs = texts.points.companions(lengths: [Int](repeating: length, count: captions), length: length)
    inputs[images.entry.input] = NDArray(pixels, sizes, as: images.entry.inputType.scalar)
    inputs[texts.entry.input] = NDArray(whole: tokens, [captions, length], as: texts.entry.inputType.scalar)
    guard let made = try? images.engine.run(inputs, outputs: [images.entry.output, texts.entry.output, logits]),
      let rows = made[images.entry.output]?.embeddings, let columns = made[texts.entry.output]?.embeddings,
      let scores = made[logits]?.embeddings, scores.rows == pictures, scores.width == captions
    else { return nil }
    return LogitScale.slope(
      logits: (0..<pictures).map { Array(scores[$0]) },
      cosines: rows.normalised().similarities(to: columns.normalised()))
  }
}

extension NDArray {
  /// A floating-point matrix as rows.
  fileprivate var embeddings: Embeddings? {
    guard sizes.count == 2, let doubles else { return nil }
    return Embeddings(rows: sizes[0], width: sizes[1], values: doubles.map { Float($0) })
  }
}
