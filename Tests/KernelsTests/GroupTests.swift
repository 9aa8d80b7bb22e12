import CKernels
import Testing

extension KernelsTests {
  @Suite struct Groups {
    /// For every row the first one that equals it, by a dictionary.
    private func truth<T: Hashable>(_ x: [T], rows: Int, columns: Int) -> [Int64] {
      var first: [[T]: Int64] = [:]
      return (0..<rows).map { row in
        let key = Array(x[row * columns..<(row + 1) * columns])
        let place = first[key, default: Int64(row)]
        first[key] = place
        return place
      }
    }

    private func groups<T: FixedWidthInteger>(_ x: [T], rows: Int, columns: Int) -> [Int64] {
      let rowBytes = Int64(columns * MemoryLayout<T>.stride)
      return everyWay {
        output(rows, as: Int64.self) { out in
          withScratch(ck_row_groups_scratch(Int64(rows))) { scratch in
            x.withUnsafeBytes { ck_row_groups(out, $0.baseAddress, Int64(rows), rowBytes, scratch) }
          }
        }
      }
    }

    @Test(arguments: [(0, 3), (1, 1), (9, 0), (40, 1), (300, 7), (5_000, 77)])
    func firstEqualRows(rows: Int, columns: Int) {
      var numbers = Numbers(41)
      // Rows are drawn out of few, that differ at one place.
      let kinds = numbers.integers(rows, 0, rows / 2)
      let x = kinds.flatMap { kind in
        (0..<columns).map { Int64($0 == kind % columns ? 1_000 + kind / columns : 49_407) }
      }
      expectEqual(groups(x, rows: rows, columns: columns), truth(x, rows: rows, columns: columns))
      // Rows whose bytes are no whole words.
      let narrow = x.map { Int32($0) }
      expectEqual(groups(narrow, rows: rows, columns: columns), truth(narrow, rows: rows, columns: columns))
    }

    @Test func allEqualAndAllDistinct() {
      let rows = 1_000
      #expect(groups([Int64](repeating: -1, count: 2 * rows), rows: rows, columns: 2).allSatisfy { $0 == 0 })
      expectEqual(groups((0..<rows).map { Int64($0) << 32 }, rows: rows, columns: 1), (0..<rows).map(Int64.init))
    }
  }
}
