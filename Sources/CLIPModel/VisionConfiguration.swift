extension CLIPConfiguration {
  /// The image tower. In open_clip's format both kinds are a `vision_cfg`; a list of `layers` means a ResNet.
  public enum Vision: Hashable, Sendable {
    case transformer(VisionTransformer)
    case resNet(ModifiedResNet)

    /// Side of the square input in pixels (S).
    public var imageSize: Int {
      get {
        switch self {
        case .transformer(let tower): tower.imageSize
        case .resNet(let tower): tower.imageSize
        }
      }
      set {
        switch self {
        case .transformer(var tower):
          tower.imageSize = newValue
          self = .transformer(tower)
        case .resNet(var tower):
          tower.imageSize = newValue
          self = .resNet(tower)
        }
      }
    }

    /// Pixels of the image along one side of a cell of the grid; divides `imageSize`.
    public var cellSize: Int {
      switch self {
      case .transformer(let tower): tower.patchSize
      case .resNet: ModifiedResNet.reduction
      }
    }

    /// Cells along one side: patches of a transformer, positions of a ResNet's last feature map.
    public var grid: Int { imageSize / cellSize }

    /// Tokens in attention: the grid, and the class token or the mean.
    public var tokens: Int { grid * grid + 1 }

    /// Channels of what is projected into the joint embedding.
    public var features: Int {
      switch self {
      case .transformer(let tower): tower.width
      case .resNet(let tower): tower.features
      }
    }
  }

  /// A vision transformer (Dosovitskiy et al. 2021) as CLIP changes it.
  public struct VisionTransformer: Hashable, Sendable {
    /// Side of the square input in pixels (S).
    public var imageSize = 224
    public var layers: Int
    public var width: Int
    /// Side of a patch in pixels; divides `imageSize`.
    public var patchSize: Int
    public var headWidth = 64
    /// Width of the hidden layer of an MLP over the tower's width.
    public var mlpRatio: Double = 4
    /// ε of every layer normalisation.
    public var epsilon = standardEpsilon

    public var heads: Int { width / headWidth }
    /// Width of an MLP's hidden layer.
    public var hidden: Int { Int(Double(width) * mlpRatio) }

    public init(layers: Int, width: Int, patchSize: Int) {
      (self.layers, self.width, self.patchSize) = (layers, width, patchSize)
    }
  }

  /// A ResNet (He et al. 2016) with the stem of ResNet-D (He et al. 2019), anti-aliased strides (Zhang 2019) and attention
  /// pooling.
  public struct ModifiedResNet: Hashable, Sendable {
    /// Pixels along one side of a cell of the last feature map: the stem divides by 4, three of four stages by 2.
    public static let reduction = 32
    /// Channels of a stage over the channels inside its blocks.
    public static let expansion = 4
    /// The share of a batch's statistics in the running ones.
    public static let momentum: Float = 0.1

    /// Side of the square input in pixels (S).
    public var imageSize = 224
    /// Blocks of the four stages.
    public var layers: [Int]
    /// Channels after the stem; stages have 1, 2, 4 and 8 times as many inside their blocks.
    public var width: Int
    /// Width of a head of the attention pool.
    public var headWidth = 64

    /// Channels of the last feature map.
    public var features: Int { width * 8 * ModifiedResNet.expansion }
    /// Heads of the attention pool.
    public var heads: Int { features / headWidth }

    public init(layers: [Int], width: Int) { (self.layers, self.width) = (layers, width) }
  }

  /// ε of layer and batch normalisation where nothing else is said.
  public static let standardEpsilon = 1e-5
}

// MARK: - open_clip's format

/// `norm_kwargs`.
struct NormalizationSettings: Codable {
  var eps: Double

  init?(_ epsilon: Double) {
    if epsilon == CLIPConfiguration.standardEpsilon { return nil }
    eps = epsilon
  }
}

extension CLIPConfiguration.Vision: Codable {
  enum CodingKeys: String, CodingKey, CaseIterable {
    case imageSize = "image_size"
    case layers, width
    case patchSize = "patch_size"
    case headWidth = "head_width"
    case mlpRatio = "mlp_ratio"
    case normalization = "norm_kwargs"
  }

  public init(from decoder: Decoder) throws {
    let box = try decoder.container(keyedBy: CodingKeys.self)
    let imageSize = try box.decodeIfPresent(Int.self, forKey: .imageSize) ?? 224
    let headWidth = try box.decodeIfPresent(Int.self, forKey: .headWidth) ?? 64
    let width = try box.decodeIfPresent(Int.self, forKey: .width)
    if let layers = try? box.decode([Int].self, forKey: .layers) {
      var tower = CLIPConfiguration.ModifiedResNet(layers: layers, width: width ?? 64)
      (tower.imageSize, tower.headWidth) = (imageSize, headWidth)
      self = .resNet(tower)
      return
    }
    var tower = CLIPConfiguration.VisionTransformer(
      layers: try box.decode(Int.self, forKey: .layers), width: try width ?? box.decode(Int.self, forKey: .width),
      patchSize: try box.decode(Int.self, forKey: .patchSize))
    (tower.imageSize, tower.headWidth) = (imageSize, headWidth)
    tower.mlpRatio = try box.decodeIfPresent(Double.self, forKey: .mlpRatio) ?? 4
    tower.epsilon =
      try box.decodeIfPresent(NormalizationSettings.self, forKey: .normalization)?.eps
      ?? CLIPConfiguration.standardEpsilon
    self = .transformer(tower)
  }

  public func encode(to encoder: Encoder) throws {
    var box = encoder.container(keyedBy: CodingKeys.self)
    switch self {
    case .transformer(let tower):
      try box.encode(tower.imageSize, forKey: .imageSize)
      try box.encode(tower.layers, forKey: .layers)
      try box.encode(tower.width, forKey: .width)
      try box.encode(tower.patchSize, forKey: .patchSize)
      try box.encode(tower.headWidth, forKey: .headWidth)
      try box.encode(tower.mlpRatio, forKey: .mlpRatio)
      try box.encodeIfPresent(NormalizationSettings(tower.epsilon), forKey: .normalization)
    case .resNet(let tower):
      try box.encode(tower.imageSize, forKey: .imageSize)
      try box.encode(tower.layers, forKey: .layers)
      try box.encode(tower.width, forKey: .width)
      try box.encode(tower.headWidth, forKey: .headWidth)
    }
  }
}
