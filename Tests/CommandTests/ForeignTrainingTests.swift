import ClipGraph
import Foundation
import Graphs
import Testing

/// Graphs of other programs that `make-trainable` made trainable: steps are those of the same weights under our own names.
struct ForeignTrainingTests {
  private struct Line: Decodable {
    struct Validation: Decodable {
      var loss, zero_shot_accuracy: Double
    }
    var step: Int
    var loss, scale: Double?
    var validation: Validation?
  }

  /// What differs by default between our own CLIPs and others is given; the rate does not depend on the end of training.
  private static let recipe = [
    "--lr", "1e-3", "--warmup", "1", "--cooldown", "0", "--steps", "4", "--beta2", "0.98", "--epsilon", "1e-6",
  ]

  private func makeTrainable(_ model: String, _ output: String) throws {
    let outcome = try Clipgraph.run(["make-trainable", model, "-o", output] + Self.recipe)
    try #require(outcome.status == 0 && outcome.output.contains("softmax loss"), "\(outcome.errors)")
  }

  /// Trains on the workshop's data, validates after every second step, and gives what the metrics say, and the notes.
  private func train(
    _ file: String, _ output: String, _ folder: TemporaryFolder, _ more: [String] = []
  ) throws -> (lines: [Line], notes: [String]) {
    let (workshop, metrics) = (try Workshop.shared(), folder("\(output).jsonl"))
    let outcome = try Clipgraph.run(
      [
        "train", file, "--data", workshop.data, "-o", folder("\(output).onnx"), "--batch-size", "8", "--metrics",
        metrics, "--val-data", workshop.testData, "--zero-shot-data", workshop.testData, "--val-every", "2",
      ] + more)
    try #require(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.output.contains("loss "))
    let lines = try String(contentsOfFile: metrics, encoding: .utf8).split(separator: "\n").map {
      try JSONDecoder().decode(Line.self, from: Data($0.utf8))
    }
    return (lines, outcome.errorLines)
  }

  private func expectSame(_ lines: [Line], _ others: [Line]) {
    #expect(lines.map(\.step) == [1, 2, 2, 3, 4, 4] && others.map(\.step) == lines.map(\.step))
    for (line, other) in zip(lines, others) {
      // Steps take rounding apart; the first has the weights of the file.
      let tolerance = line.step == 1 ? 1e-5 : 1e-3
      for (value, truth) in [
        (line.loss, other.loss), (line.scale, other.scale), (line.validation?.loss, other.validation?.loss),
      ] {
        guard let value, let truth else {
          #expect(value == nil && truth == nil, "step \(line.step)")
          continue
        }
        #expect(truth > 0 && abs(value - truth) <= tolerance * truth, "step \(line.step): \(value), not \(truth)")
      }
    }
  }

  /// Any batch and length with 64-bit captions; or all of that fixed, with other types.
  @Test(arguments: [false, true])
  func lossesAreThoseOfTheSameWeights(isFixed: Bool) throws {
    let workshop = try Workshop.shared()
    let folder = try TemporaryFolder()
    try makeTrainable(workshop.model, folder("own-training.onnx"))
    let own = try train(folder("own-training.onnx"), "own", folder)
    #expect(own.notes.isEmpty, "\(own.notes)")

    try ForeignModel(
      names: ForeignModel.huggingFace, batch: isFixed ? 8 : nil, length: isFixed ? 24 : nil, hasMask: true,
      hasOtherTypes: isFixed
    ).write(workshop.model, to: folder("model.onnx"))
    try makeTrainable(folder("model.onnx"), folder("training.onnx"))
    let flags = ["--tokenizer", workshop.vocabulary] + (isFixed ? [] : ["--context-length", "24"])
    let foreign = try train(folder("training.onnx"), "foreign", folder, flags)
    expectSame(foreign.lines, own.lines)
    for words in ["OpenAI's (assumed", "tokenizer kind: hugging-face"] {
      #expect(foreign.notes.contains { $0.contains(words) }, "\(foreign.notes)")
    }
    #expect(foreign.notes.allSatisfy { $0.hasPrefix("clipgraph: note: ") }, "\(foreign.notes)")

    let trained = try readModel(folder("foreign.onnx"))
    let names = trained.graph.inputs.map { trained.graph[$0].name }
    #expect(Set(names) == ["pixel_values", "input_ids", "attention_mask"] && trained.training == nil)
    let scores = try [[folder("own.onnx")], [folder("foreign.onnx")] + flags].map { model in
      let outcome = try Clipgraph.run(
        ["classify"] + model + [workshop.picture, "--labels", "a red circle,a blue square"])
      #expect(outcome.status == 0, "\(outcome.errors)")
      return outcome.outputLines.count
    }
    #expect(scores[0] == scores[1] && scores[0] > 0)
  }

  /// Steps and validations know the files beside the training file, wherever the checkpoint lies.
  @Test func filesBesideItServeWhateverComesAfter() throws {
    let workshop = try Workshop.shared()
    let folder = try TemporaryFolder()
    try FileManager.default.createDirectory(atPath: folder("model"), withIntermediateDirectories: true)
    _ = try folder.write("model/config.json", Array("{\"text_config\": {\"max_position_embeddings\": 24}}".utf8))
    _ = try folder.write("model/tokenizer.json", Array(try ForeignModel.tokenizerJSON(workshop.vocabulary)))
    try ForeignModel(names: ForeignModel.huggingFace, hasMask: true)
      .write(workshop.model, to: folder("model/model.onnx"))
    let training = folder("model/training.onnx")
    try makeTrainable(folder("model/model.onnx"), training)
    let whole = try train(training, "whole", folder)
    for words in ["context length: 24", "tokenizer.json (lies beside the model)"] {
      #expect(whole.notes.contains { $0.contains(words) }, "\(whole.notes)")
    }
    #expect(whole.lines.filter { $0.validation != nil }.count == 2)
    let checkpoint = ["--checkpoint", folder("state.onnx")]
    _ = try train(training, "half", folder, checkpoint + ["--steps", "2"])
    let half = try train(training, "half", folder, checkpoint + ["--resume", "--steps", "4"])
    #expect(half.notes == whole.notes)
    #expect(half.lines.map(\.step) == whole.lines.map(\.step) && half.lines.map(\.loss) == whole.lines.map(\.loss))
    #expect(half.lines.map(\.validation?.loss) == whole.lines.map(\.validation?.loss))
  }

  @Test func benchTimesTheirSteps() throws {
    struct Report: Decodable { var batch: Int }
    let workshop = try Workshop.shared()
    let folder = try TemporaryFolder()
    try ForeignModel(names: ForeignModel.huggingFace, hasMask: true).write(workshop.model, to: folder("open.onnx"))
    try ForeignModel(
      names: ForeignModel.huggingFace, batch: 6, length: 24, hasMask: true, hasOtherTypes: true
    ).write(workshop.model, to: folder("fixed.onnx"))
    for (name, flags, batch) in [("open", ["--context-length", "24", "--batch", "4"], 4), ("fixed", [], 6)] {
      let training = folder("\(name)-training.onnx")
      try makeTrainable(folder("\(name).onnx"), training)
      let outcome = try Clipgraph.run(["bench", training, "--train", "--rounds", "1", "--json"] + flags)
      try #require(outcome.status == 0, "\(outcome.errors)")
      #expect(try JSONDecoder().decode(Report.self, from: Data(outcome.output.utf8)).batch == batch)
    }
    let message = try Clipgraph.fail("bench", folder("fixed-training.onnx"), "--train", "--batch", "4")
    #expect(message.contains("takes 6 samples in a step") && message.contains("leave --batch out"), "\(message)")
  }

  @Test func mistakesAreTold() throws {
    let workshop = try Workshop.shared()
    let folder = try TemporaryFolder()
    try ForeignModel(names: ForeignModel.huggingFace, batch: 8, length: 24)
      .write(workshop.model, to: folder("model.onnx"))
    try makeTrainable(folder("model.onnx"), folder("training.onnx"))
    let vocabulary = ["--tokenizer", workshop.vocabulary]
    for (file, flags, words) in [
      ("model.onnx", vocabulary, "make-trainable"), ("training.onnx", [], "--tokenizer"),
      ("training.onnx", vocabulary + ["--batch-size", "4"], "made for 8 samples a step, not 4: give --batch-size 8"),
      ("training.onnx", vocabulary + ["--batch-size", "8", "--memory-limit", "1M"], "raise the limit"),
      ("training.onnx", vocabulary + ["--image-size", "64"], "reads pictures of 32 pixels a side, not 64"),
      ("training.onnx", vocabulary + ["--context-length", "12"], "reads captions of 24 tokens, not 12"),
    ] {
      let outcome = try Clipgraph.run(
        ["train", folder(file), "--data", workshop.data, "-o", folder("out.onnx")] + flags)
      #expect(outcome.status == 1 && outcome.errorLines.last?.contains(words) == true, "\(outcome.errors)")
      #expect(outcome.errorLines.dropLast().allSatisfy { $0.hasPrefix("clipgraph: note: ") }, "\(outcome.errors)")
    }
    #expect(folder.names == ["model.onnx", "training.onnx"])
  }
}
