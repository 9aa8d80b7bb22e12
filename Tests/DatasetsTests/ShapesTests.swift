import Foundation
import Preprocessing
import Testing

@testable import Datasets

@Suite("The shapes data set")
struct ShapesTests {
  @Test("training never shows an unseen combination, tests show nothing else")
  func split() {
    var generator = SeededGenerator(seed: 5)
    var combinations: Set<String> = []
    for _ in 0..<4_000 {
      let training = Scene.random(test: false, using: &generator)
      #expect(training.subjects.allSatisfy { !$0.isUnseen })
      #expect((1...2).contains(training.subjects.count))
      for subject in training.subjects { combinations.insert("\(subject.colour) \(subject.figure)") }
      let test = Scene.random(test: true, using: &generator)
      #expect(test.subjects.count == 1 && test.subjects[0].isUnseen)
      // Captions never name what is not to be seen in training.
      for (figure, colour) in Subject.combinations(unseen: true) {
        #expect(!training.caption.contains("\(colour.rawValue) \(figure.rawValue)"))
      }
    }
    #expect(combinations.count == Subject.combinations(unseen: false).count)
    #expect(Subject.combinations(unseen: true).count == 6)
    #expect(Subject.combinations(unseen: false).count == 42)
  }

  @Test("every figure and every colour is seen in training, in another combination")
  func compositional() {
    let seen = Subject.combinations(unseen: false)
    #expect(Set(seen.map(\.figure)).count == Figure.allCases.count)
    #expect(Set(seen.map(\.colour)).count == Colour.allCases.count)
  }

  @Test("sixteen candidates: one is right, ten are near neighbours, the rest unseen combinations")
  func candidates() {
    var generator = SeededGenerator(seed: 6)
    for (figure, colour) in Subject.combinations(unseen: true) {
      let subject = Subject(figure: figure, colour: colour, size: .small)
      let list = Scene.candidates(for: subject, using: &generator)
      #expect(list.count == 16 && Set(list).count == 16)
      #expect(list.count { $0 == subject.words(sized: false) } == 1)
      let near = list.count { $0.contains(figure.rawValue) || $0.contains(colour.rawValue) }
      #expect(near >= 11)
    }
  }

  @Test("the same seed draws the same picture, and a picture is a 64 × 64 PNG")
  func pictures() throws {
    let first = try ShapesDataset(seed: 1).sample(3)
    let again = try ShapesDataset(seed: 1).sample(3)
    let other = try ShapesDataset(seed: 2).sample(3)
    #expect(first.png == again.png && first.caption == again.caption)
    #expect(first.png != other.png)
    let decoded = try DecodedImage(data: first.png)
    #expect(decoded.width == 64 && decoded.height == 64 && decoded.mode == .rgb)
  }
}
