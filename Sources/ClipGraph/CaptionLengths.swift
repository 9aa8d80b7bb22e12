import CLIPModel
import Tensors

/// How many tokens of captions are computed where attention is causal: nothing behind a caption's end changes its features.
enum CaptionLengths {
  /// Lengths are rounded up to a multiple of this, so that a session plans for few of them.
  static let step = 8
  /// Tokens that cost about as much as a further run, which reads all weights once more.
  static let worthOfARun = 64

  static func rounded(_ length: Int, limit: Int) -> Int { min(limit, (max(length, 1) + step - 1) / step * step) }

  /// Captions in portions of at most `size`, the shortest first: one that would stretch those before it by more than a run
  /// is worth begins another portion.
  static func portions(_ lengths: [Int], of size: Int, limit: Int) -> [[Int]] {
    var portions: [[Int]] = []
    var longest = 0
    for caption in lengths.indices.sorted(by: { (lengths[$0], $0) < (lengths[$1], $1) }) {
      let length = rounded(lengths[caption], limit: limit)
      if let count = portions.last?.count, count < size, (length - longest) * count <= worthOfARun {
        portions[portions.count - 1].append(caption)
      } else {
        portions.append([caption])
      }
      longest = length
    }
    return portions
  }

  /// Where the token of each row stands whose features are read: token identifiers [captions, length].
  static func ends(_ tokens: NDArray, _ pooling: CLIPConfiguration.TextPooling) -> [Int]? {
    guard tokens.sizes.count == 2, let numbers = tokens.integers else { return nil }
    let length = tokens.sizes[1]
    return (0..<tokens.sizes[0]).map { row in
      let caption = numbers[row * length..<(row + 1) * length]
      let end =
        switch pooling {
        case .argmax: caption.max().flatMap { caption.firstIndex(of: $0) }
        case .endOfText(let identifier): caption.firstIndex(of: identifier)
        }
      return end.map { $0 - caption.startIndex } ?? 0
    }
  }
}

extension NDArray {
  /// The first `count` columns of a matrix; the matrix itself where it has no more.
  func columns(upTo count: Int) -> NDArray {
    guard sizes.count == 2, count < sizes[1], let cut = try? NDArray(zeros: scalar, [sizes[0], count]) else {
      return self
    }
    for row in 0..<sizes[0] {
      let source = address + row * sizes[1] * scalar.size
      (cut.address + row * count * scalar.size).copyMemory(from: source, byteCount: count * scalar.size)
    }
    return cut
  }
}
