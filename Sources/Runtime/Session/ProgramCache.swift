/// The programs that a session has met, by what made them. The least recently used goes first.
struct ProgramCache {
  struct Key: Hashable {
    var request: Request
    var symbols: [String: Int]
    /// Numbers of the inputs that decide shapes.
    var contents: [String: [Int]]
  }

  private var entries: [(key: Key, frame: Frame, lastUse: Int)] = []
  private var clock = 0

  var count: Int { entries.count }

  mutating func frame(_ key: Key) -> Frame? {
    guard let index = entries.firstIndex(where: { $0.key == key }) else { return nil }
    clock += 1
    entries[index].lastUse = clock
    return entries[index].frame
  }

  mutating func insert(_ frame: Frame, for key: Key, limit: Int) {
    while entries.count >= limit, let oldest = entries.indices.min(by: { entries[$0].lastUse < entries[$1].lastUse }) {
      entries.remove(at: oldest)
    }
    clock += 1
    entries.append((key, frame, clock))
  }
}
