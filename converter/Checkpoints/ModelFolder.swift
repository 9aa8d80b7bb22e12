import CLIPModel
import Foundation
import Tensors

/// What lies beside a graph file of another program: configurations, and a tokenizer.
public struct ModelFolder: Sendable {
  /// Hugging Face's `preprocessor_config.json`.
  public let preprocessor: String?
  /// `open_clip_config.json`.
  public let openCLIP: String?
  /// What open_clip's `preprocess_cfg` holds, in a file `preprocess_cfg.json` of its own.
  public let openCLIPPreprocessing: String?
  /// `config.json` of Hugging Face, or in open_clip's form.
  public let configuration: String?
  /// `tokenizer.json`, or a `merges.txt` that has a `vocab.json` beside it.
  public let tokenizer: String?

  /// Folders inside a model's, where graph files are put.
  private static let inner: Set = ["onnx", "visual", "textual"]

  /// - Parameter file: the graph file. Of a folder called `onnx`, `visual` or `textual`, the one around it is looked through
  ///   too.
  public init(beside file: String) {
    let folder = (file as NSString).deletingLastPathComponent
    var folders = [folder]
    if ModelFolder.inner.contains((folder as NSString).lastPathComponent) {
      folders.append((folder as NSString).deletingLastPathComponent)
    }
    func existing(_ name: String) -> String? {
      folders.map { $0.isEmpty ? name : ($0 as NSString).appendingPathComponent(name) }
        .first { CheckpointFiles.isFile($0) }
    }
    preprocessor = existing("preprocessor_config.json")
    openCLIP = existing("open_clip_config.json")
    openCLIPPreprocessing = existing("preprocess_cfg.json")
    configuration = existing("config.json")
    tokenizer = existing("tokenizer.json") ?? (existing("vocab.json") == nil ? nil : existing("merges.txt"))
  }

  /// The side of the square that the image tower reads, and the file that says so.
  public func imageSize() throws -> (value: Int, place: String)? {
    for case let path? in [preprocessor, openCLIPPreprocessing] {
      let object = try CheckpointFiles.json(path)
      for key in ["crop_size", "size"] {
        if let side = HuggingFaceConfiguration.side(object[key]) { return (side, path) }
      }
    }
    return try number("image_size", in: ("vision_cfg", "vision_config"))
  }

  /// The most tokens of a caption, and the file that says so.
  public func contextLength() throws -> (value: Int, place: String)? {
    try number("context_length", in: ("text_cfg", "text_config"), huggingFace: "max_position_embeddings")
  }

  /// A number of a tower's section, in open_clip's form, else in Hugging Face's; there it lies at the top where the file
  /// describes one tower alone.
  private func number(
    _ key: String, in section: (openCLIP: String, huggingFace: String), huggingFace other: String? = nil
  ) throws -> (value: Int, place: String)? {
    for case let path? in [openCLIP, configuration] {
      let object = try CheckpointFiles.json(path)
      let model = object["model_cfg"] as? [String: Any] ?? object
      if let value = (model[section.openCLIP] as? [String: Any])?[key] as? Int { return (value, path) }
      let tower = object[section.huggingFace] as? [String: Any] ?? object
      if let value = tower[other ?? key] as? Int { return (value, path) }
    }
    return nil
  }

  /// How pictures are prepared, and the file that says so; nil where none does.
  ///
  /// - Parameter openCLIPFirst: which file counts where both lie there.
  /// - Throws: `ConfigurationError` for a preparation that cannot be expressed; `FileError`.
  public func preprocessing(
    imageSize: Int, openCLIPFirst: Bool
  ) throws -> (value: PreprocessingConfiguration, place: String)? {
    func ofOpenCLIP() throws -> (value: PreprocessingConfiguration, place: String)? {
      let inside = try openCLIP.flatMap { try CheckpointFiles.json($0)["preprocess_cfg"] as? [String: Any] }
      guard let place = inside == nil ? openCLIPPreprocessing : openCLIP else { return nil }
      let settings = try inside ?? CheckpointFiles.json(place)
      let data = try JSONSerialization.data(withJSONObject: settings.filter { !($0.value is NSNull) })
      do { return (try JSONDecoder().decode(PreprocessingConfiguration.self, from: data), place) } catch {
        throw ConfigurationError(place, "mean and std are no three numbers, or interpolation and resize_mode no texts")
      }
    }
    func ofHuggingFace() throws -> (value: PreprocessingConfiguration, place: String)? {
      guard let preprocessor else { return nil }
      let object = try CheckpointFiles.json(preprocessor)
      let settings = try HuggingFaceConfiguration.preprocessing(
        object, imageSize: imageSize, place: preprocessor,
        remedy: "say it with --mean, --std, --interpolation and --resize-mode, all four")
      return (settings, preprocessor)
    }
    return openCLIPFirst ? try ofOpenCLIP() ?? ofHuggingFace() : try ofHuggingFace() ?? ofOpenCLIP()
  }
}

extension HuggingFaceConfiguration {
  /// The side in a `size` or `crop_size`; nil for what is no square.
  fileprivate static func side(_ value: Any?) -> Int? {
    if let side = value as? Int { return side }
    if let sides = value as? [Int] { return sides.count == 2 && sides[0] == sides[1] ? sides[0] : nil }
    guard let sides = value as? [String: Int] else { return nil }
    if let side = sides["shortest_edge"] { return side }
    return sides["height"] == sides["width"] ? sides["height"] : nil
  }
}
