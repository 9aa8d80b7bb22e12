import Graphs
import Operators
import Tensors
import Testing

@testable import ONNX

/// Damaged files are read or refused, and never bring the process down.
struct DamageTests {
  /// xorshift64*: the same damage every time.
  struct Generator: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state ^= state >> 12
      state ^= state << 25
      state ^= state >> 27
      return state &* 0x2545_F491_4F6C_DD1D
    }
  }

  @Test(arguments: [UInt64](1...4))
  func flippedBytesNeverTrap(seed: UInt64) throws {
    var generator = Generator(state: seed &* 0x9E37_79B9_7F4A_7C15)
    let attention = try #require(CatalogueTests.cases.first { $0.op is SelfAttentionGradient })
    let files: [([UInt8], Catalogue)] = [
      (try TrainingTests.model().serialized(), TestOperators.catalogue),
      (try CatalogueTests.model(attention).serialized(), .standard),
    ]
    var outcomes = (read: 0, refused: 0)
    for (bytes, catalogue) in files {
      for _ in 0..<DamageTests.rounds {
        var damaged = bytes
        for _ in 0..<Int.random(in: 1...3, using: &generator) {
          let position = Int.random(in: 0..<damaged.count, using: &generator)
          damaged[position] = UInt8.random(in: .min ... .max, using: &generator)
        }
        do {
          let model = try Model(bytes: damaged, catalogue: catalogue)
          _ = try? model.serialized()
          outcomes.read += 1
        } catch {
          #expect(!error.message.isEmpty)
          outcomes.refused += 1
        }
      }
    }
    #expect(outcomes.read > 0 && outcomes.refused > 0)
  }

  static let rounds = 400
}
