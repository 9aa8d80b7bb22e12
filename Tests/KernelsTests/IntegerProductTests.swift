import CKernels
import Testing

extension KernelsTests {
  @Suite struct IntegerProduct {
    /// Bytes of either kind, all values, and what they stand for less their zeros.
    struct Bytes {
      var elements: [UInt8]
      var zeros: [UInt8]
      var isSigned: Bool

      init(_ count: Int, zeros: Int, isSigned: Bool, _ numbers: inout Numbers) {
        elements = numbers.integers(count, 0, 255).map { UInt8($0) }
        self.zeros = numbers.integers(zeros, 0, 255).map { UInt8($0) }
        self.isSigned = isSigned
      }

      func value(_ byte: UInt8) -> Int { isSigned ? Int(Int8(bitPattern: byte)) : Int(byte) }
      func number(_ index: Int, zero: Int) -> Int {
        value(elements[index]) - (zeros.isEmpty ? 0 : value(zeros[zeros.count == 1 ? 0 : zero]))
      }

      func withKernelBytes<R>(_ body: (UnsafePointer<ck_bytes>) -> R) -> R {
        elements.withUnsafeBytes { elements in
          zeros.withUnsafeBytes { zeros in
            let bytes = ck_bytes(
              elements: elements.baseAddress, zeros: zeros.baseAddress, zero_count: Int64(zeros.count),
              is_signed: isSigned)
            return withUnsafePointer(to: bytes, body)
          }
        }
      }
    }

    static let sizes: [[Int]] =
      [1, 2, 5, 6, 7, 12, 13].flatMap { m in
        [1, 15, 16, 17, 33].flatMap { n in [1, 2, 3, 9].map { [m, n, $0] } }
      } + [[50, 300, 130], [97, 40, 1025]]

    @Test(arguments: [(false, false), (false, true), (true, true)])
    func products(aIsSigned: Bool, bIsSigned: Bool) {
      var numbers = Numbers(40)
      for size in Self.sizes {
        let (m, n, k) = (size[0], size[1], size[2])
        let a = Bytes(m * k, zeros: n % 2 == 0 ? m : 1, isSigned: aIsSigned, &numbers)
        let b = Bytes(k * n, zeros: [0, 1, n][m % 3], isSigned: bIsSigned, &numbers)
        let expected = (0..<m * n).map { at in
          Int32(
            truncatingIfNeeded: (0..<k).reduce(0) { sum, p in
              sum + a.number(at / n * k + p, zero: at / n) * b.number(p * n + at % n, zero: at % n)
            })
        }
        let sizes = ck_integer_product(m: Int64(m), n: Int64(n), k: Int64(k), packed_b: false)
        let actual = everyWay {
          var c = [Int32](repeating: 7, count: m * n)
          withUnsafePointer(to: sizes) { sizes in
            let bytes = Int(ck_integer_product_scratch(sizes))
            let scratch = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
            defer { scratch.deallocate() }
            a.withKernelBytes { a in b.withKernelBytes { b in ck_integer_product_s32(&c, a, b, sizes, scratch) } }
          }
          return c
        }
        #expect(actual == expected, "\(m) × \(n) × \(k)")
      }
    }
  }
}
