import CKernels
import Foundation
import Testing

extension KernelsTests {
  /// Where threads may run, and what they compute, when they have slept.
  struct TeamTests {
    /// Processors that a thread of this process may run on; nil where it has ended.
    private func allowed(_ thread: String) -> Substring? {
      let status = try? String(contentsOfFile: "/proc/\(thread)/status", encoding: .utf8)
      return status?.split(separator: "\n").first { $0.hasPrefix("Cpus_allowed_list:") }
    }

    @Test("threads that were woken give the same, and may run anywhere again")
    func woken() throws {
      let size = 192
      let a = (0..<size * size).map { Float($0 % 23) - 11 }
      var sizes = ck_gemm()
      (sizes.m, sizes.n, sizes.k) = (Int64(size), Int64(size), Int64(size))
      (sizes.lda, sizes.ldb, sizes.ldc, sizes.alpha) = (Int64(size), Int64(size), Int64(size), 1)
      func product() -> [Float] {
        var c = [Float](repeating: 0, count: size * size)
        ck_gemm_f32(&c, a, a, nil, &sizes)
        return c
      }
      ck_set_threads(2)
      defer { ck_set_threads(0) }
      let expected = product()
      for _ in 0..<4 {
        usleep(30_000)
        #expect(product() == expected)
      }
      let mine = try #require(allowed("thread-self"))
      for task in try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task") {
        // Other tests' threads may be about to wake.
        var tries = 0
        while tries < 1000, allowed("self/task/\(task)") ?? mine != mine {
          usleep(5000)
          tries += 1
        }
        #expect(tries < 1000, "thread \(task)")
      }
    }
  }
}
