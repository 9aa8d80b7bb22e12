import ClipGraph
import Datasets
import Preprocessing
import TrainingGraphs

/// Pictures with captions that a model is not trained on: their loss, and how well each finds the other.
public struct PairValidation: Sendable {
  private let pictures: [DecodedImage]
  /// Captions, each once.
  private let captions: [String]
  /// The caption of every picture.
  private let captionOf: [Int]

  /// Reads the first pairs of the shards, and keeps them decoded.
  ///
  /// - Parameter limit: the most pairs; a picture that cannot be decoded is left out.
  public init(shards: [String], limit: Int) throws(TrainingError) {
    var (pictures, captions, captionOf) = ([DecodedImage](), [String](), [Int]())
    // Keys are bytes: `String` takes canonically equivalent captions for one, which a tokenizer does not.
    var places: [[UInt8]: Int] = [:]
    for shard in shards where pictures.count < limit {
      do throws(DatasetError) {
        try WebDataset.read(shard) { sample in
          guard let picture = try? DecodedImage(data: sample.encodedImage()) else { return true }
          let place = places[Array(sample.caption.utf8), default: captions.count]
          if place == captions.count {
            places[Array(sample.caption.utf8)] = place
            captions.append(sample.caption)
          }
          pictures.append(picture)
          captionOf.append(place)
          return pictures.count < limit
        }
      } catch {
        throw TrainingError(.data, at: error.place, error.message)
      }
    }
    guard pictures.count >= 2, captions.count >= 2 else {
      throw TrainingError(
        .data, at: shards.first ?? "validation data",
        "holds \(pictures.count) pictures with \(captions.count) captions; validation needs two of both at least")
    }
    (self.pictures, self.captions, self.captionOf) = (pictures, captions, captionOf)
  }

  public var count: Int { pictures.count }

  /// - Parameters:
  ///   - recipe: says what the loss is.
  ///   - batchSize: pairs that the loss compares with each other; those left over do not count, unless there are no others.
  ///   - bias: what is added to scaled cosines.
  public func metrics(
    of clip: CLIP, recipe: Recipe, batchSize: Int, bias: Double = 0
  ) throws(ClipGraphError) -> ValidationMetrics {
    let images = try clip.encode(pictures: pictures).normalised()
    let texts = try clip.encode(texts: captions).normalised()
    // [pictures][captions]
    let cosines = images.similarities(to: texts)
    var result = ValidationMetrics()
    // Several pictures may share a caption, as several texts an image in `RetrievalCounts`.
    var counts = RetrievalCounts(images: captions.count, imageOfText: captionOf)
    for (picture, caption) in captionOf.enumerated() { counts.setScore(cosines[picture][caption], ofText: picture) }
    for caption in captions.indices { counts.add(cosines.map { $0[caption] }, rows: caption..<caption + 1) }
    result.imageToText = RetrievalRecall(counts.textToImage)
    result.textToImage = RetrievalRecall(counts.imageToText)
    let size = min(max(2, batchSize), pictures.count)
    let scale = Double(clip.logitScale)
    let groups = recipe.positives == .caption ? captionGroups(clip) : nil
    let losses = stride(from: 0, through: pictures.count - size, by: size).map { first in
      let rows = first..<first + size
      let logits = rows.map { row in rows.map { scale * Double(cosines[row][captionOf[$0]]) + bias } }
      return recipe.loss(of: logits, groups: groups.map { groups in rows.map { groups[captionOf[$0]] } } ?? Array(rows))
    }
    result.loss = losses.reduce(0, +) / Double(losses.count)
    return result
  }

  /// For every caption the first one with the same tokens.
  private func captionGroups(_ clip: CLIP) -> [Int] {
    guard let tokens = try? clip.tokenizer?.tokenize(captions) else { return Array(captions.indices) }
    var first: [[Int64]: Int] = [:]
    return captions.indices.map { caption in
      let row = Array(tokens[caption])
      let place = first[row, default: caption]
      first[row] = place
      return place
    }
  }
}

extension RetrievalRecall {
  init(_ ranks: RetrievalRanks) {
    self.init(atOne: ranks.recall(at: 1), atFive: ranks.recall(at: 5), atTen: ranks.recall(at: 10))
  }
}
