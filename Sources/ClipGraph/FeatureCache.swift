import Checkpoints
import Foundation
import Tensors

/// Features in a folder, so that what was encoded once is not encoded again: a safetensors file each, named by what the
/// features were made from. Files that are damaged, or hold something else, count as absent. Safe to delete at any time.
public struct FeatureCache: Sendable {
  public let folder: String

  /// - Throws: `ClipGraphError` where the folder is not there and cannot be made.
  public init(_ folder: String) throws(ClipGraphError) {
    self.folder = folder
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    } catch {
      throw ClipGraphError(folder, "is no folder for features and cannot be made: \(error.localizedDescription)")
    }
  }

  /// The name of what is made from these parts.
  public static func key(_ parts: [String]) -> String {
    var digest = Digest()
    for part in parts { digest.add(part) }
    return digest.text
  }

  /// What was written under the key; nil where there is nothing sound.
  public func read(_ key: String) -> Embeddings? {
    guard let file = try? Safetensors(contentsOf: path(key)), file.metadata["key"] == key,
      let array = file["features"], array.scalar == .float32, array.sizes.count == 2
    else { return nil }
    let values = array.values(as: Float.self)
    guard values.allSatisfy(\.isFinite) else { return nil }
    return Embeddings(rows: array.sizes[0], width: array.sizes[1], values: values)
  }

  /// - Throws: `ClipGraphError` for a file that cannot be written.
  public func write(_ features: Embeddings, _ key: String) throws(ClipGraphError) {
    let path = path(key)
    try explaining(path) {
      try Safetensors([("features", features.array)], metadata: ["key": key]).write(to: path)
    }
  }

  private func path(_ key: String) -> String { "\(folder)/\(key).safetensors" }
}

extension CLIP {
  /// What image features depend on besides the pictures: graph, weights, the output that is read, preparation. nil without an
  /// image tower.
  public var imageFingerprint: String? {
    guard let images, let preprocessing else { return nil }
    return images.fingerprint("\(preprocessing)")
  }

  /// What the features of these captions depend on. nil without a text tower.
  ///
  /// - Throws: `ClipGraphError` for captions that cannot be tokenised.
  public func fingerprint(texts captions: [String]) throws(ClipGraphError) -> String? {
    guard let texts, let tokenizer else { return nil }
    return texts.fingerprint(FeatureCache.key(captions.map { "\(tokenizer.encode($0))" }))
  }
}

extension Encoder {
  fileprivate func fingerprint(_ preparation: String) -> String {
    var digest = Digest()
    let graph = points.graph
    for part in [graph.description, entry.input, entry.output, preparation] { digest.add(part) }
    for (_, array) in graph.constants.sorted(by: { $0.key < $1.key }) { array.withUnsafeBytes { digest.add($0) } }
    return digest.text
  }
}
