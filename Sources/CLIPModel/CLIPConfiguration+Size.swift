extension CLIPConfiguration {
  /// The most layers of a transformer, and the most blocks of a ResNet's stage.
  static let mostLayers = 1024
  /// The most parameters that a model may have.
  static let mostParameters = 3e10

  /// About how many parameters the model has: those of its matrices and tables.
  var approximateParameterCount: Double {
    let image: Double
    let tokens = Double(vision.grid) * Double(vision.grid) + 1
    let features = Double(vision.features)
    switch vision {
    case .transformer(let tower):
      let (width, patch) = (Double(tower.width), Double(tower.patchSize))
      image =
        Double(tower.layers) * CLIPConfiguration.block(width, tower.mlpRatio) + 3 * patch * patch * width
        + features * Double(embedding)
    case .resNet(let tower):
      let stages = tower.layers.enumerated().map { stage, blocks in
        // 1 × 1 from 4 w to w, 3 × 3, and 1 × 1 back.
        Double(blocks) * 17 * Double(tower.width << stage) * Double(tower.width << stage)
      }
      image = stages.reduce(0, +) + 3 * features * features + features * Double(embedding)
    }
    let width = Double(text.width)
    return image + tokens * features + Double(text.layers) * CLIPConfiguration.block(width, text.mlpRatio)
      + width * (Double(text.vocabularySize) + Double(text.contextLength) + Double(embedding))
  }

  /// Attention's four projections and the MLP's two.
  private static func block(_ width: Double, _ ratio: Double) -> Double { width * width * (4 + 2 * ratio) }
}
