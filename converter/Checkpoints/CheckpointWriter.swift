import CLIPModel
import Foundation
import Tensors

/// Parameters in the layout that another program reads.
public struct CheckpointWriter {
  public let layout: CheckpointLayout
  public let metadata: CLIPMetadata

  /// - Throws: `ConfigurationError` for a model that the layout has no place for.
  public init(_ layout: CheckpointLayout, _ metadata: CLIPMetadata) throws(ConfigurationError) {
    (self.layout, self.metadata) = (layout, metadata)
    guard layout == .huggingFace else { return }
    if case .resNet = metadata.configuration.vision {
      throw ConfigurationError(
        "hugging-face", "CLIPModel has no ResNet; write the layout openai or open_clip")
    }
    if metadata.configuration.logitBias != nil {
      throw ConfigurationError("hugging-face", "CLIPModel has no logit_bias; write the layout openai or open_clip")
    }
  }

  /// The tensors under the layout's names, in the order of the parameters; types stay as they are.
  public func tensors(_ parameters: [(name: String, array: NDArray)]) throws(ShapeError) -> Safetensors {
    var tensors: [(name: String, array: NDArray)] = []
    for (name, array) in parameters {
      let place = layout.place(of: name)
      if place.isTransposed {
        tensors.append((place.names[0], try array.transposed()))
        continue
      }
      let sizes = place.partSizes(of: array.sizes)
      for (index, part) in place.names.enumerated() {
        let bytes = try NDArray.byteCount(array.scalar, sizes)
        tensors.append(
          (part, try NDArray(array.scalar, sizes, storage: array.storage, offset: array.offset + index * bytes)))
      }
    }
    return Safetensors(tensors, metadata: ["format": "pt"])
  }

  /// Under which name a folder holds the weights.
  public var weightsName: String {
    layout == .huggingFace ? "model.safetensors" : "open_clip_model.safetensors"
  }

  /// What lies beside the weights in a folder: names and JSON texts.
  public func companions() throws(ConfigurationError) -> [(name: String, text: [UInt8])] {
    switch layout {
    case .huggingFace:
      var files = [("config.json", HuggingFaceConfiguration.json(metadata.configuration))]
      if let preprocessing = HuggingFaceConfiguration.json(
        metadata.preprocessing, imageSize: metadata.configuration.vision.imageSize)
      {
        files.append(("preprocessor_config.json", preprocessing))
      }
      return try files.map { name, object throws(ConfigurationError) in (name, try text(object)) }
    case .openAI, .customText:
      guard
        var model = try? JSONSerialization.jsonObject(with: Data(metadata.configuration.json.utf8)) as? [String: Any],
        let preprocessing = try? JSONSerialization.jsonObject(with: JSONEncoder().encode(metadata.preprocessing))
      else { throw ConfigurationError("open_clip_config.json", "cannot be written as JSON") }
      if layout == .customText { model["custom_text"] = true }
      return [("open_clip_config.json", try text(["model_cfg": model, "preprocess_cfg": preprocessing]))]
    }
  }

  private func text(_ object: [String: Any]) throws(ConfigurationError) -> [UInt8] {
    guard let data = try? JSONSerialization.data(withJSONObject: object, options: [.prettyPrinted, .sortedKeys]) else {
      throw ConfigurationError(layout.rawValue, "its configuration cannot be written as JSON")
    }
    return Array(data) + [0x0A]
  }
}

extension NDArray {
  /// Rows become columns, in memory of its own. [R, C] → [C, R]
  fileprivate func transposed() throws(ShapeError) -> NDArray {
    guard sizes.count == 2, let turned = WeightTensor(self).transposed() else {
      throw ShapeError("\(type) is no matrix")
    }
    let result = try NDArray(zeros: scalar, turned.sizes)
    var end = 0
    turned.forEachPiece { bytes in
      if let source = bytes.baseAddress { (result.address + end).copyMemory(from: source, byteCount: bytes.count) }
      end += bytes.count
    }
    return result
  }
}
