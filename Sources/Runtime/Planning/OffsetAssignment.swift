/// Puts intervals into one arena so that no two that live at the same time overlap.
///
/// Greedy best fit in three orders, of which the tightest result is kept: by size (as in Pisarchyk and Lee, "Efficient
/// memory management for deep neural net inference", 2020), by size times duration, and by first use.
struct OffsetAssignment {
  struct Request {
    var byteCount: Int
    var first: Int
    var last: Int
  }

  /// In the order of the requests.
  private(set) var offsets: [Int]
  private(set) var byteCount: Int

  init(_ requests: [Request], lowerBound: Int) {
    func area(_ request: Request) -> Int {
      request.byteCount.multipliedSaturating(by: request.last - request.first + 1)
    }
    let keys: [(Request) -> (Int, Int)] = [
      { (-$0.byteCount, $0.first) },
      { (-area($0), $0.first) },
      { ($0.first, -$0.byteCount) },
    ]
    (offsets, byteCount) = ([Int](repeating: 0, count: requests.count), Int.max)
    for key in keys where byteCount > lowerBound {
      let order = requests.indices.map { ($0, key(requests[$0])) }.sorted { $0.1 != $1.1 ? $0.1 < $1.1 : $0.0 < $1.0 }
      let (offsets, bytes) = OffsetAssignment.place(requests, order.map(\.0))
      if bytes < byteCount { (self.offsets, byteCount) = (offsets, bytes) }
    }
  }

  private static func place(_ requests: [Request], _ order: [Int]) -> ([Int], Int) {
    var offsets = [Int](repeating: 0, count: requests.count)
    /// Ordered by offset.
    var placed: [(offset: Int, end: Int, first: Int, last: Int)] = []
    placed.reserveCapacity(requests.count)
    var total = 0
    for index in order {
      let request = requests[index]
      var best: (offset: Int, size: Int)?
      var free = 0
      for block in placed where block.first <= request.last && request.first <= block.last {
        let gap = block.offset - free
        if gap >= request.byteCount, best.map({ gap < $0.size }) ?? true { best = (free, gap) }
        free = max(free, block.end)
      }
      let offset = best?.offset ?? free
      offsets[index] = offset
      total = max(total, offset + request.byteCount)
      if request.byteCount == 0 { continue }
      var (low, high) = (0, placed.count)
      while low < high {
        let middle = (low + high) / 2
        if placed[middle].offset < offset { low = middle + 1 } else { high = middle }
      }
      placed.insert((offset, offset + request.byteCount, request.first, request.last), at: low)
    }
    return (offsets, total)
  }
}

extension Int {
  func multipliedSaturating(by other: Int) -> Int {
    let (product, overflow) = multipliedReportingOverflow(by: other)
    return overflow ? .max : product
  }
}
