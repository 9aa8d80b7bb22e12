import Foundation
import Testing

@testable import Evaluation

/// What scikit-learn and NumPy make of small inputs (`Python/evaluation_fixtures.py`).
enum EvaluationFixtures {
  static func read<Fixture: Decodable>(_ type: Fixture.Type, _ name: String) throws -> Fixture {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Fixtures")
    return try JSONDecoder().decode(type, from: Data(contentsOf: folder.appendingPathComponent(name)))
  }
}

/// Expects two numbers to agree to 1e-6.
func expectClose(_ value: Double, _ truth: Double, sourceLocation: SourceLocation = #_sourceLocation) {
  #expect(abs(value - truth) <= 1e-6, sourceLocation: sourceLocation)
}

/// Expects an `EvaluationError` whose description contains `words`.
func expectRefusal(
  _ words: String, sourceLocation: SourceLocation = #_sourceLocation, _ body: () throws -> Void
) {
  let error = #expect(throws: EvaluationError.self, sourceLocation: sourceLocation) { try body() }
  #expect(error?.description.contains(words) == true, "\(error?.description ?? "")", sourceLocation: sourceLocation)
}
