import CKernels
import Testing

extension KernelsTests {
  struct ProbeTests {
    @Test func theProbesDoWhatTheySay() {
      ck_set_threads(1)
      defer { ck_set_threads(0) }
      let once = ck_multiply_add_probe(10)
      #expect(once > 0 && ck_multiply_add_probe(30) == 3 * once)
      ck_set_threads(2)
      #expect(ck_multiply_add_probe(10) == 2 * once)
      var x = [Float](repeating: 0, count: 200_000)
      #expect(!ck_read_probe(x, Int64(x.count)))
      x[x.count - 1] = 1
      #expect(ck_read_probe(x, Int64(x.count)))
    }
  }
}
