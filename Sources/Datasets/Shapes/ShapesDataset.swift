import Foundation
import Preprocessing

/// Draws image/caption pairs of coloured shapes as WebDataset shards.
///
/// Training pictures hold one or two subjects. Some combinations of shape and colour never occur in them: the test split shows
/// only those, and gives sixteen captions to choose from in `KEY.json` (`candidates`, and `answer`, the position of the right
/// one).
public struct ShapesDataset: Sendable {
  public var seed: UInt64
  public var isTest: Bool
  public var samplesPerShard: Int

  public init(seed: UInt64 = 0, isTest: Bool = false, samplesPerShard: Int = 5_000) {
    self.seed = seed
    self.isTest = isTest
    self.samplesPerShard = max(1, samplesPerShard)
  }

  /// One sample: PNG bytes, caption, and for the test split its candidates.
  public func sample(_ index: Int) throws(ImageError) -> (png: [UInt8], caption: String, candidates: [String]?) {
    var generator = SeededGenerator(seed: seed &* 2_000_003 &+ UInt64(index) &* 2 &+ (isTest ? 1 : 0))
    let painter = ScenePainter()
    let scene = Scene.random(test: isTest, using: &generator)
    let pixels = painter.paint(scene, using: &generator)
    let candidates = isTest ? Scene.candidates(for: scene.subjects[0], using: &generator) : nil
    return (try encodePNG(rgb: pixels, width: painter.side, height: painter.side), scene.caption, candidates)
  }

  /// Writes `count` samples to `directory` as `train-00000.tar`, … or `test-00000.tar`, …
  ///
  /// - Returns: the shards' paths.
  public func write(
    to directory: String, count: Int, progress: (Int) -> Void = { _ in }
  ) throws(DatasetError) -> [String] {
    do { try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true) } catch {
      throw DatasetError(directory, "cannot be made: \(error.localizedDescription)")
    }
    var paths: [String] = []
    for start in stride(from: 0, to: count, by: samplesPerShard) {
      let number = String(start / samplesPerShard)
      let padded = String(repeating: "0", count: max(0, 5 - number.count)) + number
      let path = directory + "/" + (isTest ? "test-" : "train-") + padded + ".tar"
      let tar = try TarWriter(path)
      for index in start..<min(count, start + samplesPerShard) {
        let png: [UInt8]
        let caption: String
        let candidates: [String]?
        do { (png, caption, candidates) = try sample(index) } catch { throw DatasetError(path, error.message) }
        let digits = String(index)
        let key = String(repeating: "0", count: max(0, 8 - digits.count)) + digits
        try tar.add(key + ".png", png)
        try tar.add(key + ".txt", Array(caption.utf8))
        if let candidates, let answer = candidates.firstIndex(of: caption) {
          try tar.add(key + ".json", ShapesDataset.json(candidates, answer))
        }
        progress(index + 1)
      }
      try tar.finish()
      paths.append(path)
    }
    return paths
  }

  private static func json(_ candidates: [String], _ answer: Int) -> [UInt8] {
    let list = candidates.map { "\"\($0)\"" }.joined(separator: ", ")
    return Array("{\"candidates\": [\(list)], \"answer\": \(answer)}".utf8)
  }
}
