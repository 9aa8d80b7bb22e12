import CKernels
import Foundation
import Testing

extension KernelsTests {
  /// Rows that were never read: their moments are zero.
  @Suite struct AdamWByRowsAtRest {
    private let table = Int64(20_000)
    private let inner = Int64(64)
    private let indices: [Int64] = [7, -1, 7, 12_345]

    /// Steps in place, and the memory that the moments took. Results as by the dense update of the same gradients.
    @Test(arguments: [1e-6, 0]) func takesNoMemory(epsilon: Double) throws {
      let n = Int(table * inner)
      var numbers = Numbers(27)
      let p = numbers.floats(n)
      let dy = numbers.floats(indices.count * Int(inner))
      var g = [Float](repeating: 0, count: n)
      ck_gather_gradient_f32(&g, dy, indices, CK_I64, 1, table, Int64(indices.count), inner)
      var (p1, m1, v1) = (p, [Float](repeating: 0, count: n), [Float](repeating: 0, count: n))
      var p2 = p
      let moments = try (0..<2).map { _ in try untouchedZeros(byteCount: n * 4) }
      let (m2, v2) = (moments[0].assumingMemoryBound(to: Float.self), moments[1].assumingMemoryBound(to: Float.self))
      let bytes = Int(ck_adamw_rows_scratch(table, Int64(indices.count), inner, 2))
      let scratch = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
      defer { scratch.deallocate() }
      ck_set_threads(2)
      defer { ck_set_threads(0) }
      for step in 1...3 {
        var s = ck_adamw(
          learning_rate: 1e-2, beta1: 0.9, beta2: 0.999, epsilon: epsilon, weight_decay: 0.2, step: Double(step))
        p1.withUnsafeMutableBufferPointer { p in
          m1.withUnsafeMutableBufferPointer { m in
            v1.withUnsafeMutableBufferPointer { v in
              let (pp, mm, vv) = (p.baseAddress, m.baseAddress, v.baseAddress)
              ck_adamw_f32(pp, mm, vv, pp, g, mm, vv, Int64(n), &s)
            }
          }
        }
        p2.withUnsafeMutableBufferPointer { p in
          let pp = p.baseAddress
          ck_adamw_rows_f32(
            pp, m2, v2, pp, dy, m2, v2, indices, CK_I64, table, Int64(indices.count), inner, &s, scratch)
        }
      }
      // Without ε, an update of nothing is 0 / 0: no number in both.
      #expect(epsilon > 0 || p1[0].isNaN)
      let same = zip(p1, p2).allSatisfy { $0.bitPattern == $1.bitPattern || ($0.isNaN && $1.isNaN) }
      #expect(same)
      for (rows, dense) in [(m2, m1), (v2, v1)] {
        let same = dense.indices.allSatisfy { rows[$0].bitPattern == dense[$0].bitPattern }
        #expect(same)
      }
      let resident = try moments.reduce(0) { try $0 + residentBytes($1) }
      if epsilon > 0 { #expect(resident <= 8 * 4096, "\(resident) bytes") }
    }

    /// A mapping of its own, between pages that nobody may touch.
    private func untouchedZeros(byteCount: Int) throws -> UnsafeMutableRawPointer {
      let page = 4096
      let whole = mmap(nil, byteCount + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
      let base = try #require(whole == MAP_FAILED ? nil : whole) + page
      try #require(mprotect(base, byteCount, PROT_READ | PROT_WRITE) == 0)
      madvise(base, byteCount, MADV_NOHUGEPAGE)
      return base
    }

    /// Bytes in memory of the mapping that holds an address.
    private func residentBytes(_ address: UnsafeMutableRawPointer) throws -> Int {
      var isInside = false
      for line in try String(contentsOfFile: "/proc/self/smaps", encoding: .utf8).split(separator: "\n") {
        let words = line.split(separator: " ")
        let range = words[0].split(separator: "-").compactMap { Int($0, radix: 16) }
        if range.count == 2, !words[0].hasSuffix(":") {
          isInside = (range[0]..<range[1]).contains(Int(bitPattern: address))
        } else if isInside, words[0] == "Rss:" {
          return (Int(words[1]) ?? 0) * 1024
        }
      }
      return 0
    }
  }
}
