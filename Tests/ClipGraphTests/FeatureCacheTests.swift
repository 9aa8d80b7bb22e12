import Foundation
import Testing

@testable import ClipGraph

@Suite("Features that are kept")
final class FeatureCacheTests {
  private let folder = NSTemporaryDirectory() + "/features-\(UUID().uuidString)"
  deinit { try? FileManager.default.removeItem(atPath: folder) }

  @Test func whatIsDamagedIsAbsent() throws {
    let cache = try FeatureCache(folder + "/deep/er")
    let (key, other) = (FeatureCache.key(["a", "b"]), FeatureCache.key(["ab", ""]))
    #expect(key != other && key.count == 32 && cache.read(key) == nil)
    try cache.write(Embeddings(rows: 2, width: 2, values: [1, -2, 3, 0.5]), key)
    let kept = try #require(cache.read(key))
    #expect(kept.rows == 2 && kept.width == 2 && kept.values == [1, -2, 3, 0.5])
    let files = try FileManager.default.contentsOfDirectory(atPath: cache.folder)
    #expect(files == ["\(key).safetensors"])
    let path = "\(cache.folder)/\(key).safetensors"
    let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    // The same bytes under another name, and less of them.
    try bytes.write(to: URL(fileURLWithPath: "\(cache.folder)/\(other).safetensors"))
    #expect(cache.read(other) == nil)
    try bytes.dropLast().write(to: URL(fileURLWithPath: path))
    #expect(cache.read(key) == nil)
    try cache.write(Embeddings(rows: 1, width: 1, values: [.nan]), key)
    #expect(cache.read(key) == nil)
  }

  @Test func aFolderThatCannotBeMadeIsNamed() throws {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try Data().write(to: URL(fileURLWithPath: folder + "/file"))
    let error = #expect(throws: ClipGraphError.self) { _ = try FeatureCache(self.folder + "/file/x") }
    #expect(error?.place == folder + "/file/x")
  }

  @Test func keysTellModelsAndTextsApart() throws {
    let file = Peer.root + "/models/shapes.onnx"
    var options = CLIP.Options(threads: 1)
    let first = try CLIP(contentsOf: file, options: options)
    let second = try CLIP(contentsOf: file, options: options)
    #expect(first.imageFingerprint != nil && first.imageFingerprint == second.imageFingerprint)
    options.imageFeatures = .beforeProjection
    #expect(try CLIP(contentsOf: file, options: options).imageFingerprint != first.imageFingerprint)
    options = CLIP.Options(threads: 1)
    options.preparation.mean = [0, 0, 0]
    #expect(try CLIP(contentsOf: file, options: options).imageFingerprint != first.imageFingerprint)
    let texts = try first.fingerprint(texts: ["a red circle", "blue"])
    #expect(try texts == second.fingerprint(texts: ["a red circle", "blue"]))
    #expect(try texts != first.fingerprint(texts: ["blue", "a red circle"]))
  }

  @Test func digestsSeeEveryByteAndTheLength() {
    func digest(_ bytes: [UInt8]) -> String {
      var digest = Digest()
      bytes.withUnsafeBytes { digest.add($0) }
      return digest.text
    }
    var seen: Set<String> = []
    for length in 0..<40 {
      let bytes = [UInt8](repeating: 0, count: length)
      seen.insert(digest(bytes))
      for place in bytes.indices {
        var other = bytes
        other[place] = 1
        seen.insert(digest(other))
      }
    }
    #expect(seen.count == 40 + 39 * 40 / 2)
  }
}
