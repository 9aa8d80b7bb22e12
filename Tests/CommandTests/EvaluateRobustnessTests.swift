import Foundation
import Testing

/// `evaluate robustness` on class folders, against what `embed` and plain arithmetic give.
struct EvaluateRobustnessTests {
  struct Interval: Decodable {
    var estimate: Double
    var lower: Double
    var upper: Double
  }

  struct Report: Decodable {
    struct Reference: Decodable {
      var name: String
      var pictures: Int
      var accuracy: Interval
    }
    struct Relative: Decodable {
      var accuracy_before: Double
      var estimate: Double
      var interval: Interval?
    }
    struct Set: Decodable {
      var name: String
      var classes: Int
      var pictures: Int
      var reference_pictures: Int
      var reference_accuracy: Interval
      var accuracy: Interval
      var drop: Interval
      var relative_drop: Interval?
      var expected_accuracy: Double?
      var effective_robustness: Interval?
      var relative_robustness: Relative?
    }
    var reference: Reference
    var sets: [Set]
  }

  private static let labels = ["a blue square", "a red circle", "nothing"]
  private static let names = labels.map { $0.replacingOccurrences(of: " ", with: "_") }

  /// A reference set, a shifted set of all classes, and one of two classes with the folders n01 and n02.
  private func data(_ folder: TemporaryFolder) throws -> [String] {
    try EvaluatedPictures.classFolders(folder("reference"), Self.names) { $0 % 3 }
    try EvaluatedPictures.classFolders(folder("shift"), Self.names) { ($0 + 1) % 3 }
    try EvaluatedPictures.classFolders(folder("part"), ["n01", "n02"]) { $0 % 2 }
    let subset = try folder.write("subset.txt", Array("nothing\na blue square\n".utf8))
    return [
      try Workshop.shared().model, "--reference", folder("reference"), "--shifted", folder("shift"),
      "p=" + folder("part"), "--class-subset", "p=" + subset, "--template", "{}",
    ]
  }

  @Test func accuraciesAreThoseOfMaskedCosines() throws {
    let folder = try TemporaryFolder()
    let flags = ["robustness"] + (try data(folder))
    let scores = try EvaluatedPictures.cosines(Self.labels, folder)
    func accuracy(_ subset: [Int], _ classOf: (Int) -> Int) -> (share: Double, pictures: Int) {
      let own = scores.indices.filter { subset.contains(classOf($0)) }
      let hits = own.count { row in
        subset.allSatisfy { $0 == classOf(row) || scores[row][$0] < scores[row][classOf(row)] }
      }
      return (Double(hits) / Double(own.count), own.count)
    }
    let (found, text) = try EvaluatedPictures.json(Report.self, flags)
    let all = accuracy([0, 1, 2]) { $0 % 3 }
    #expect(found.reference.name == "reference" && found.reference.pictures == 6)
    #expect(found.reference.accuracy.estimate == all.share)
    let shifted = [accuracy([0, 1, 2]) { ($0 + 1) % 3 }, accuracy([0, 2]) { $0 % 2 == 0 ? 2 : 0 }]
    let references = [all, accuracy([0, 2]) { $0 % 3 }]
    try #require(found.sets.count == 2)
    #expect(found.sets.map(\.name) == ["shift", "p"] && found.sets.map(\.classes) == [3, 2])
    #expect(found.sets.map(\.pictures) == [6, 6] && found.sets.map(\.reference_pictures) == [6, 4])
    for (index, set) in found.sets.enumerated() {
      let (reference, own) = (references[index].share, shifted[index].share)
      #expect(abs(set.reference_accuracy.estimate - reference) < 1e-12)
      #expect(abs(set.accuracy.estimate - own) < 1e-12)
      #expect(abs(set.drop.estimate - (reference - own)) < 1e-12)
      #expect(set.drop.lower <= set.drop.estimate && set.drop.estimate <= set.drop.upper)
      #expect((set.relative_drop == nil) == (reference == 0))
      #expect(set.effective_robustness == nil && set.relative_robustness == nil)
    }

    let earlier = try folder.write("earlier.json", Array(text.utf8))
    let table = try folder.write(
      "baselines.csv",
      Array(
        """
        model,set,reference_accuracy,shifted_accuracy
        one,shift,0.5,0.25
        two,shift,0.8,0.6
        one,p,0.5,0.5
        two,p,0.9,0.9

        """.utf8))
    func logit(_ share: Double) -> Double { log(share / (1 - share)) }
    let slope = (logit(0.6) - logit(0.25)) / (logit(0.8) - logit(0.5))
    let expected = [1 / (1 + exp(-(slope * logit(references[0].share) + logit(0.25)))), references[1].share]
    for (other, hasInterval) in [(try Workshop.shared().model, true), (earlier, false)] {
      let compared = try EvaluatedPictures.json(
        Report.self, flags + ["--baselines", table, "--relative-to", other]
      ).report
      for (index, set) in compared.sets.enumerated() {
        let beta = try #require(set.expected_accuracy)
        #expect(abs(beta - expected[index]) < 1e-9)
        let robustness = try #require(set.effective_robustness)
        #expect(abs(robustness.estimate - (shifted[index].share - beta)) < 1e-12)
        let relative = try #require(set.relative_robustness)
        #expect(relative.estimate == 0 && abs(relative.accuracy_before - shifted[index].share) < 1e-12)
        #expect((relative.interval != nil) == hasInterval)
      }
    }
    let outcome = try Clipgraph.run(["evaluate"] + flags + ["--baselines", table, "--relative-to", earlier])
    #expect(outcome.status == 0 && outcome.errors.isEmpty, "\(outcome.errors)")
    for words in ["reference: accuracy", "relative drop", "effective robustness", "relative robustness"] {
      #expect(outcome.output.contains(words), "\(outcome.output)")
    }
  }

  @Test func whatIsWrongIsNamed() throws {
    let (workshop, folder) = (try Workshop.shared(), try TemporaryFolder())
    let flags = try data(folder)
    let one = try folder.write(
      "one.csv", Array("model,set,reference_accuracy,shifted_accuracy\na,shift,0.5,0.4\n".utf8))
    let percent = try folder.write(
      "percent.csv", Array("model,set,reference_accuracy,shifted_accuracy\na,shift,76,40\n".utf8))
    let report = try folder.write("report.json", Array("{\"sets\": []}".utf8))
    let other = try folder.write("other.json", Array("[]".utf8))
    for (arguments, words) in [
      (["--baselines", one], "for the set shift, one model alone"), (["--baselines", percent], "has no logit"),
      (["--baselines", folder("none.csv")], "none.csv"), (["--relative-to", report], "nothing of the set shift"),
      (["--relative-to", other], "is not what evaluate robustness prints"),
      (["--relative-to", folder("none.json")], "cannot be read"),
      (["--relative-to", folder("none.onnx")], "none.onnx"),
      (["--labels", "a,b,c,d"], "3 class folders, but 4 labels"), (["--template", "a photo"], "has no {}"),
      (["--class-subset", "shift=nothing,a cow"], "“a cow”"),
      (["--class-subset", "shift=nothing,nothing"], "“nothing” twice"),
    ] {
      let outcome = try Clipgraph.run(["evaluate", "robustness"] + flags + arguments)
      #expect(outcome.status == 1 && outcome.errorLines.count == 1, "\(arguments): \(outcome.errors)")
      #expect(outcome.errors.contains(words), "\(arguments): \(outcome.errors)")
      #expect(outcome.output.isEmpty)
    }
    try EvaluatedPictures.classFolders(folder("numbers"), ["0", "7"]) { $0 % 2 }
    for (shifted, words) in [
      (folder("numbers"), "folder of class 7"), (folder("none"), "none"), (workshop.testData, "has no class"),
    ] {
      let message = try Clipgraph.fail(
        "evaluate", "robustness", workshop.model, "--reference", folder("reference"), "--shifted", shifted)
      #expect(message.contains(words), "\(message)")
    }
  }
}
