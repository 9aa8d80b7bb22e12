import ClipGraph
import Foundation
import Testing

/// The model that comes with the repository, on pictures of combinations that its training never showed.
@Suite("models/shapes.onnx")
struct ShapesModelTests {
  static let pictures = Peer.root + "/examples/pictures"

  @Test("tells the examples' pictures apart from their near neighbours and from each other")
  func classifies() throws {
    let names = try FileManager.default.contentsOfDirectory(atPath: ShapesModelTests.pictures).sorted()
    let labels = names.map { String($0.dropLast(4)).replacing("-", with: " ") }
    try #require(labels.count == 6)
    let neighbours = labels.flatMap { label in
      let words = label.split(separator: " ")
      return ["green \(words[1])", "blue \(words[1])", "\(words[0]) square", "\(words[0]) ring"]
    }
    let all = Array(Set(labels + neighbours)).sorted()
    let clip = try CLIP(contentsOf: Peer.root + "/models/shapes.onnx")
    let results = try clip.classify(
      names.map { "\(ShapesModelTests.pictures)/\($0)" }, labels: all, templates: ["a {}"])
    for (label, result) in zip(labels, results) {
      #expect(result.scores.first?.label == label)
      #expect(abs(result.scores.reduce(0) { $0 + $1.probability } - 1) < 1e-4)
    }
  }
}
