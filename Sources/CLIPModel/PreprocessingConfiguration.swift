/// What open_clip's `preprocess_cfg` says: how a picture becomes the tower's input.
public struct PreprocessingConfiguration: Hashable, Sendable, Codable {
  /// Per channel (R, G, B), of values in 0...1.
  public var mean: [Float] = [0.48145466, 0.4578275, 0.40821073]
  public var std: [Float] = [0.26862954, 0.26130258, 0.27577711]
  /// `bicubic` or `bilinear`.
  public var interpolation = "bicubic"
  /// `shortest`, `longest` or `squash`.
  public var resizeMode = "shortest"

  enum CodingKeys: String, CodingKey {
    case mean, std, interpolation
    case resizeMode = "resize_mode"
  }

  public init() {}

  public init(from decoder: Decoder) throws {
    let box = try decoder.container(keyedBy: CodingKeys.self)
    let standard = PreprocessingConfiguration()
    mean = try box.decodeIfPresent([Float].self, forKey: .mean) ?? standard.mean
    std = try box.decodeIfPresent([Float].self, forKey: .std) ?? standard.std
    interpolation = try box.decodeIfPresent(String.self, forKey: .interpolation) ?? standard.interpolation
    resizeMode = try box.decodeIfPresent(String.self, forKey: .resizeMode) ?? standard.resizeMode
    guard mean.count == 3, std.count == 3, std.allSatisfy({ $0 > 0 }) else {
      throw DecodingError.dataCorrupted(
        .init(codingPath: decoder.codingPath, debugDescription: "mean and std must have three numbers, std above zero"))
    }
  }
}
