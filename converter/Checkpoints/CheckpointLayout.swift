/// How a checkpoint names and cuts the parameters, whose own names are those of OpenAI's state_dict.
public enum CheckpointLayout: String, Hashable, Sendable, CaseIterable {
  /// OpenAI's names, flat; open_clip's CLIP has the same.
  case openAI = "openai"
  /// open_clip's CustomTextCLIP: the text tower lies under `text.`.
  case customText = "open_clip-custom-text"
  /// Hugging Face's CLIPModel: queries, keys and values apart, projections transposed.
  case huggingFace = "hugging-face"

  /// Where a parameter lies in a file.
  public struct Place: Hashable, Sendable {
    /// One tensor, or three whose rows follow each other: queries, keys, values.
    public var names: [String]
    public var isTransposed = false

    init(_ names: String..., isTransposed: Bool = false) {
      self.names = names
      self.isTransposed = isTransposed
    }

    /// Sizes of each tensor in the file, for a parameter of `sizes`.
    func partSizes(of sizes: [Int]) -> [Int] {
      if isTransposed { return sizes.reversed() }
      guard names.count > 1, let rows = sizes.first else { return sizes }
      return [rows / names.count] + sizes.dropFirst()
    }
  }

  /// The place of a parameter of the model.
  public func place(of parameter: String) -> Place {
    switch self {
    case .openAI: Place(parameter)
    case .customText: Place(CheckpointLayout.isText(parameter) ? "text." + parameter : parameter)
    case .huggingFace: CheckpointLayout.huggingFacePlace(of: parameter)
    }
  }

  /// Whether a file with a tensor of this name may have it although the model does not: buffers of other programs.
  func ignores(_ name: String) -> Bool {
    switch self {
    case .openAI, .customText:
      ["attn_mask", "text.attn_mask"].contains(name) || name.hasSuffix(".num_batches_tracked")
    case .huggingFace: name.hasSuffix(".position_ids")
    }
  }

  /// The layout that a file's names tell; nil where they are no CLIP's.
  init?(names: some Sequence<String>) {
    var found: CheckpointLayout?
    for name in names {
      if name.hasPrefix("text_model.") || name.hasPrefix("vision_model.") {
        self = .huggingFace
        return
      }
      if name.hasPrefix("text.transformer.") || name.hasPrefix("text.token_embedding.") {
        self = .customText
        return
      }
      if name.hasPrefix("visual.") || name.hasPrefix("transformer.resblocks.") { found = .openAI }
    }
    guard let found else { return nil }
    self = found
  }

  private static func isText(_ parameter: String) -> Bool {
    !parameter.hasPrefix("visual.") && !parameter.hasPrefix("logit_")
  }
}

// MARK: - Hugging Face

extension CheckpointLayout {
  private static let huggingFaceNames: [String: Place] = [
    "text_projection": Place("text_projection.weight", isTransposed: true),
    "visual.proj": Place("visual_projection.weight", isTransposed: true),
    "token_embedding.weight": Place("text_model.embeddings.token_embedding.weight"),
    "positional_embedding": Place("text_model.embeddings.position_embedding.weight"),
    "visual.class_embedding": Place("vision_model.embeddings.class_embedding"),
    "visual.conv1.weight": Place("vision_model.embeddings.patch_embedding.weight"),
    "visual.positional_embedding": Place("vision_model.embeddings.position_embedding.weight"),
  ]

  /// Modules outside of the blocks. The third name is misspelt there, too.
  private static let huggingFaceModules = [
    ("ln_final.", "text_model.final_layer_norm."), ("visual.ln_post.", "vision_model.post_layernorm."),
    ("visual.ln_pre.", "vision_model.pre_layrnorm."),
  ]

  private static let huggingFaceTowers = [
    ("visual.transformer.resblocks.", "vision_model.encoder.layers."),
    ("transformer.resblocks.", "text_model.encoder.layers."),
  ]

  /// Modules of a block.
  private static let huggingFaceBlock = [
    ("ln_1.", "layer_norm1."), ("ln_2.", "layer_norm2."), ("attn.out_proj.", "self_attn.out_proj."),
    ("mlp.c_fc.", "mlp.fc1."), ("mlp.c_proj.", "mlp.fc2."),
  ]

  private static func huggingFacePlace(of parameter: String) -> Place {
    if let place = huggingFaceNames[parameter] { return place }
    for (module, other) in huggingFaceModules where parameter.hasPrefix(module) {
      return Place(other + parameter.dropFirst(module.count))
    }
    for (tower, other) in huggingFaceTowers where parameter.hasPrefix(tower) {
      let rest = parameter.dropFirst(tower.count)
      guard let dot = rest.firstIndex(of: ".") else { break }
      let block = other + rest[...dot]
      let name = rest[rest.index(after: dot)...]
      if name.hasPrefix("attn.in_proj_") {
        let kind = name.dropFirst("attn.in_proj_".count)
        return Place(
          "\(block)self_attn.q_proj.\(kind)", "\(block)self_attn.k_proj.\(kind)", "\(block)self_attn.v_proj.\(kind)")
      }
      for (module, other) in huggingFaceBlock where name.hasPrefix(module) {
        return Place(block + other + name.dropFirst(module.count))
      }
    }
    return Place(parameter)
  }
}
