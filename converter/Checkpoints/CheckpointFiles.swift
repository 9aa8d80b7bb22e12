import Foundation
import Tensors

/// The files that make up a checkpoint: weights, and what lies beside them.
struct CheckpointFiles {
  /// One file, or the shards of an index.
  var weights: [String]
  /// Shard of each tensor, where an index says so.
  var shards: [String: String] = [:]
  /// `open_clip_config.json` or `config.json`, whichever belongs to the weights.
  var configuration: String?
  /// Hugging Face's `preprocessor_config.json`.
  var preprocessor: String?
  /// `tokenizer.json`, or a `merges.txt` that has a `vocab.json` beside it.
  var tokenizer: String?

  private static let openCLIPConfiguration = "open_clip_config.json"
  private static let huggingFaceConfiguration = "config.json"
  /// In the order in which they are looked for.
  private static let openCLIPWeights = ["open_clip_model.safetensors", "open_clip_pytorch_model.bin"]
  private static let commonWeights = [
    "model.safetensors", "model.safetensors.index.json", "pytorch_model.bin", "pytorch_model.bin.index.json",
  ]
  private static let extensions = ["safetensors", "pt", "pth", "bin"]
  private static let largestText = 16 << 20
  private static let mostShards = 4096

  /// - Parameter source: a file of weights, an index of shards, or a folder.
  init(_ source: String) throws(FileError) {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: source, isDirectory: &isFolder) else {
      throw FileError(path: source, message: "does not exist; name a file of weights, or a folder that holds one")
    }
    let folder = isFolder.boolValue ? source : (source as NSString).deletingLastPathComponent
    func path(_ name: String) -> String { folder.isEmpty ? name : (folder as NSString).appendingPathComponent(name) }
    func existing(_ name: String) -> String? { CheckpointFiles.isFile(path(name)) ? path(name) : nil }

    weights = []
    let chosen = isFolder.boolValue ? try CheckpointFiles.weights(in: source, existing) : source
    // Weights bear the names of their program; what bears neither is open_clip's, if that has left a configuration.
    let name = (chosen as NSString).lastPathComponent
    let configurations =
      CheckpointFiles.openCLIPWeights.contains(name)
        || (existing("open_clip_model.safetensors") ?? existing("open_clip_pytorch_model.bin")) == nil
      ? [CheckpointFiles.openCLIPConfiguration, CheckpointFiles.huggingFaceConfiguration]
      : [CheckpointFiles.huggingFaceConfiguration, CheckpointFiles.openCLIPConfiguration]
    configuration = configurations.compactMap(existing).first
    preprocessor = existing("preprocessor_config.json")
    tokenizer = existing("tokenizer.json") ?? (existing("vocab.json") == nil ? nil : existing("merges.txt"))

    if name.hasSuffix(".index.json") {
      try readIndex(chosen, in: folder)
    } else {
      weights = [chosen]
    }
  }

  static func isFile(_ path: String) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && !isFolder.boolValue
  }

  private static func weights(in folder: String, _ existing: (String) -> String?) throws(FileError) -> String {
    for name in openCLIPWeights + commonWeights {
      if let path = existing(name) { return path }
    }
    let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
    let candidates = names.filter { extensions.contains(($0 as NSString).pathExtension) && existing($0) != nil }
    switch candidates.count {
    case 0:
      throw FileError(
        path: folder, message: "holds no weights (\((openCLIPWeights + commonWeights).joined(separator: ", ")))")
    case 1: return (folder as NSString).appendingPathComponent(candidates[0])
    default:
      let list = candidates.prefix(8).joined(separator: ", ") + (candidates.count > 8 ? ", …" : "")
      throw FileError(path: folder, message: "holds several files of weights (\(list)); name one of them")
    }
  }

  /// `weight_map` of a sharded checkpoint: tensor → file beside the index.
  private mutating func readIndex(_ index: String, in folder: String) throws(FileError) {
    let object = try CheckpointFiles.json(index)
    guard let map = object["weight_map"] as? [String: String], !map.isEmpty else {
      throw FileError(path: index, message: "has no weight_map from tensors to files")
    }
    var known: [String: String] = [:]
    for (tensor, name) in map {
      if known[name] == nil {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        guard !name.utf8.contains(0), !parts.contains(where: { ["", ".", ".."].contains($0) }) else {
          throw FileError(path: index, message: "places \(tensor) into \(name), which is not inside its folder")
        }
        let path = folder.isEmpty ? name : (folder as NSString).appendingPathComponent(name)
        guard CheckpointFiles.isFile(path) else {
          throw FileError(path: index, message: "places \(tensor) into \(name), which is not there")
        }
        known[name] = path
        guard known.count <= CheckpointFiles.mostShards else {
          throw FileError(path: index, message: "names more than \(CheckpointFiles.mostShards) files")
        }
      }
      shards[tensor] = known[name]
    }
    weights = known.values.sorted()
  }

  /// A JSON object of moderate size.
  static func json(_ path: String) throws(FileError) -> [String: Any] {
    let storage = try Storage.mapping(path)
    guard storage.count <= largestText else {
      throw FileError(path: path, message: "is too large for a JSON file of this kind")
    }
    let data = Data(bytes: storage.base, count: storage.count)
    guard let object = try? JSONSerialization.jsonObject(with: data) as? [String: Any] else {
      throw FileError(path: path, message: "is not a JSON object")
    }
    return object
  }
}
