import Foundation

/// The hyper-parameters of a CLIP, in the terms of open_clip's model-config format.
public struct CLIPConfiguration: Hashable, Sendable, Codable {
  /// Where a caption's embedding is read.
  public enum TextPooling: Hashable, Sendable {
    /// At the largest identifier, at its first place: CLIP's own vocabulary ends with end-of-text.
    case argmax
    /// At the first token with this identifier; at the first token where there is none.
    case endOfText(Int)
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
    public var pooling: TextPooling
    /// ε of every layer normalisation.
    public var epsilon: Double

    /// Width of an MLP's hidden layer.
    public var hidden: Int { Int(Double(width) * mlpRatio) }

    enum CodingKeys: String, CodingKey, CaseIterable {
      case contextLength = "context_length"
      case vocabularySize = "vocab_size"
      case width, heads, layers
      case mlpRatio = "mlp_ratio"
      case pooling = "pool_type"
      case endOfText = "eos_id"
      case normalization = "norm_kwargs"
    }

    public init(from decoder: Decoder) throws {
      let box = try decoder.container(keyedBy: CodingKeys.self)
      contextLength = try box.decodeIfPresent(Int.self, forKey: .contextLength) ?? 77
      vocabularySize = try box.decodeIfPresent(Int.self, forKey: .vocabularySize) ?? 49408
      width = try box.decodeIfPresent(Int.self, forKey: .width) ?? 512
      heads = try box.decodeIfPresent(Int.self, forKey: .heads) ?? 8
      layers = try box.decodeIfPresent(Int.self, forKey: .layers) ?? 12
      mlpRatio = try box.decodeIfPresent(Double.self, forKey: .mlpRatio) ?? 4
      epsilon =
        try box.decodeIfPresent(NormalizationSettings.self, forKey: .normalization)?.eps
        ?? CLIPConfiguration.standardEpsilon
      switch try box.decodeIfPresent(String.self, forKey: .pooling) ?? "argmax" {
      case "argmax": pooling = .argmax
      // open_clip's default.
      case "eos": pooling = .endOfText(try box.decodeIfPresent(Int.self, forKey: .endOfText) ?? 2)
      case let other:
        throw DecodingError.dataCorruptedError(
          forKey: .pooling, in: box, debugDescription: "pool_type is \(other); supported are argmax and eos")
      }
    }

    public func encode(to encoder: Encoder) throws {
      var box = encoder.container(keyedBy: CodingKeys.self)
      try box.encode(contextLength, forKey: .contextLength)
      try box.encode(vocabularySize, forKey: .vocabularySize)
      try box.encode(width, forKey: .width)
      try box.encode(heads, forKey: .heads)
      try box.encode(layers, forKey: .layers)
      try box.encode(mlpRatio, forKey: .mlpRatio)
      try box.encodeIfPresent(NormalizationSettings(epsilon), forKey: .normalization)
      if case .endOfText(let identifier) = pooling {
        try box.encode("eos", forKey: .pooling)
        try box.encode(identifier, forKey: .endOfText)
      }
    }
  }

  /// Width of the joint embedding (E).
  public var embedding: Int
  /// x · σ(1.702 x) instead of GELU, as OpenAI's weights need. A ResNet has ReLU in any case.
  public var quickGELU: Bool
  /// Initial logarithm of the logits' scale; ln(1 / 0.07) in the paper.
  public var logitScale: Double
  /// Initial value of what is added to the logits (SigLIP, Zhai et al. 2023); nil where the model has none.
  public var logitBias: Double?
  public var vision: Vision
  public var text: Text

  enum CodingKeys: String, CodingKey, CaseIterable {
    case embedding = "embed_dim"
    case quickGELU = "quick_gelu"
    case logitScale = "init_logit_scale"
    case logitBias = "init_logit_bias"
    case vision = "vision_cfg"
    case text = "text_cfg"
  }

  public init(from decoder: Decoder) throws {
    let box = try decoder.container(keyedBy: CodingKeys.self)
    embedding = try box.decode(Int.self, forKey: .embedding)
    quickGELU = try box.decodeIfPresent(Bool.self, forKey: .quickGELU) ?? false
    logitScale = try box.decodeIfPresent(Double.self, forKey: .logitScale) ?? 2.659260036932778
    logitBias = try box.decodeIfPresent(Double.self, forKey: .logitBias)
    vision = try box.decode(Vision.self, forKey: .vision)
    text = try box.decode(Text.self, forKey: .text)
  }
}
