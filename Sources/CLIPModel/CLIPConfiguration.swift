import Foundation

/// The hyper-parameters of a CLIP, in the terms of open_clip's model-config format.
public struct CLIPConfiguration: Hashable, Sendable, Codable {
  /// The image tower: a vision transformer (Dosovitskiy et al. 2021) as CLIP changes it.
  public struct Vision: Hashable, Sendable, Codable {
    /// Side of the square input in pixels (S).
    public var imageSize: Int
    public var layers: Int
    public var width: Int
    /// Side of a patch in pixels; divides `imageSize`.
    public var patchSize: Int
    public var headWidth: Int
    /// Width of the hidden layer of an MLP over the tower's width.
    public var mlpRatio: Double

    public var heads: Int { width / headWidth }
    /// Patches along one side.
    public var grid: Int { imageSize / patchSize }
    /// Tokens in attention: patches and the class token.
    public var tokens: Int { grid * grid + 1 }

    enum CodingKeys: String, CodingKey, CaseIterable {
      case imageSize = "image_size"
      case layers, width
      case patchSize = "patch_size"
      case headWidth = "head_width"
      case mlpRatio = "mlp_ratio"
    }

    public init(from decoder: Decoder) throws {
      let box = try decoder.container(keyedBy: CodingKeys.self)
      imageSize = try box.decodeIfPresent(Int.self, forKey: .imageSize) ?? 224
      layers = try box.decode(Int.self, forKey: .layers)
      width = try box.decode(Int.self, forKey: .width)
      patchSize = try box.decode(Int.self, forKey: .patchSize)
      headWidth = try box.decodeIfPresent(Int.self, forKey: .headWidth) ?? 64
      mlpRatio = try box.decodeIfPresent(Double.self, forKey: .mlpRatio) ?? 4
    }
  }

  /// The text tower: a causal transformer (Radford et al. 2019).
  public struct Text: Hashable, Sendable, Codable {
    /// The most tokens in a caption, start and end included.
    public var contextLength: Int
    public var vocabularySize: Int
    public var width: Int
    public var heads: Int
    public var layers: Int
    public var mlpRatio: Double

    enum CodingKeys: String, CodingKey, CaseIterable {
      case contextLength = "context_length"
      case vocabularySize = "vocab_size"
      case width, heads, layers
      case mlpRatio = "mlp_ratio"
    }

    public init(from decoder: Decoder) throws {
      let box = try decoder.container(keyedBy: CodingKeys.self)
      contextLength = try box.decodeIfPresent(Int.self, forKey: .contextLength) ?? 77
      vocabularySize = try box.decodeIfPresent(Int.self, forKey: .vocabularySize) ?? 49408
      width = try box.decodeIfPresent(Int.self, forKey: .width) ?? 512
      heads = try box.decodeIfPresent(Int.self, forKey: .heads) ?? 8
      layers = try box.decodeIfPresent(Int.self, forKey: .layers) ?? 12
      mlpRatio = try box.decodeIfPresent(Double.self, forKey: .mlpRatio) ?? 4
    }
  }

  /// Width of the joint embedding (E).
  public var embedding: Int
  /// x · σ(1.702 x) instead of GELU, as OpenAI's weights need.
  public var quickGELU: Bool
  /// Initial logarithm of the logits' scale; ln(1 / 0.07) in the paper.
  public var logitScale: Double
  public var vision: Vision
  public var text: Text

  enum CodingKeys: String, CodingKey, CaseIterable {
    case embedding = "embed_dim"
    case quickGELU = "quick_gelu"
    case logitScale = "init_logit_scale"
    case vision = "vision_cfg"
    case text = "text_cfg"
  }

  public init(from decoder: Decoder) throws {
    let box = try decoder.container(keyedBy: CodingKeys.self)
    embedding = try box.decode(Int.self, forKey: .embedding)
    quickGELU = try box.decodeIfPresent(Bool.self, forKey: .quickGELU) ?? false
    logitScale = try box.decodeIfPresent(Double.self, forKey: .logitScale) ?? 2.659260036932778
    vision = try box.decode(Vision.self, forKey: .vision)
    text = try box.decode(Text.self, forKey: .text)
  }
}
