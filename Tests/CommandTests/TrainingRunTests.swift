import CLIPModel
import ClipGraph
import Datasets
import Foundation
import Testing

@testable import Training

/// The loop itself, without a terminal.
struct TrainingRunTests {
  private final class Recorder: TrainingObserver {
    var steps: [TrainingProgress] = []
    var checkpoints: [Int] = []
    var lastStep = Int.max
    func didStep(_ progress: TrainingProgress) { steps.append(progress) }
    func didWriteCheckpoint(_ path: String, step: Int) { checkpoints.append(step) }
    var shouldStop: Bool { (steps.last?.step ?? 0) >= lastStep }
  }

  private func loader(
    _ shards: [String], _ model: TrainableModel, _ file: String, buffer: Int = 4_096, seed: UInt64 = 0
  ) throws -> BatchLoader {
    let metadata = try #require(try CLIPMetadata(of: try readModel(file)))
    var options = BatchLoader.Options()
    (options.batchSize, options.shuffleBuffer, options.seed, options.prefetch) = (4, buffer, seed, 1)
    return BatchLoader(
      shards: shards, preprocessing: try metadata.imagePreprocessing(),
      tokenizer: try #require(try metadata.makeTokenizer()), options: options)
  }

  private func run(
    _ shards: [String], _ file: String, steps: Int, options: TrainingRun.Options = .init(), recorder: Recorder,
    buffer: Int = 4_096, seed: UInt64 = 0
  ) throws -> TrainingSummary {
    let model = try TrainableModel(try readModel(file), threads: 1)
    let loader = try loader(shards, model, file, buffer: buffer, seed: seed)
    defer { loader.stop() }
    return try TrainingRun(model, loader: loader, totalSteps: steps, options: options).run(observer: recorder)
  }

  @Test func checkpointsComeAtTheirInterval() throws {
    let workshop = try Workshop.shared()
    let folder = try TemporaryFolder()
    var options = TrainingRun.Options()
    (options.checkpointPath, options.checkpointEvery) = (folder("state.onnx"), 2)
    let recorder = Recorder()
    let summary = try run(
      try ShardList.expand(workshop.data), workshop.training, steps: 5, options: options, recorder: recorder)
    #expect(recorder.steps.map(\.step) == [1, 2, 3, 4, 5])
    #expect(recorder.checkpoints == [2, 4, 5])
    #expect(summary.end == .finished && summary.samples == 20 && summary.stepsRun == 5)
    #expect(recorder.steps.allSatisfy { $0.learningRate != nil && $0.totalSteps == 5 && $0.samplesPerSecond > 0 })
    #expect(recorder.steps.last?.secondsLeft == 0)
    #expect(try TrainableModel(try readModel(folder("state.onnx"))).stepsTaken() == 5)
  }

  @Test func anObserverMayStopTheRun() throws {
    let workshop = try Workshop.shared()
    let recorder = Recorder()
    recorder.lastStep = 2
    let summary = try run(try ShardList.expand(workshop.data), workshop.training, steps: 50, recorder: recorder)
    #expect(summary.end == .interrupted && summary.step == 2)
  }

  @Test func theSameSeedGivesTheSameLosses() throws {
    let workshop = try Workshop.shared()
    let shards = try ShardList.expand(workshop.data)
    let losses = try [7, 7, 8].map { (seed: UInt64) in
      let recorder = Recorder()
      _ = try run(shards, workshop.training, steps: 3, recorder: recorder, seed: seed)
      return recorder.steps.map(\.loss)
    }
    #expect(losses[0] == losses[1])
    #expect(losses[0] != losses[2])
  }

  @Test func aShardThatBreaksInTheMiddleLeavesACheckpoint() throws {
    let workshop = try Workshop.shared()
    let folder = try TemporaryFolder()
    let whole = try Data(contentsOf: URL(fileURLWithPath: workshop.data + "/train-00000.tar"))
    let broken = try folder.write("broken.tar", whole.prefix(whole.count - 3_000))
    let shards = [workshop.data + "/train-00000.tar", broken]
    var options = TrainingRun.Options()
    options.checkpointPath = folder("state.onnx")
    // Which shard comes first depends on the seed.
    for seed in UInt64(0)..<8 {
      let recorder = Recorder()
      let error = #expect(throws: TrainingError.self) {
        try run(shards, workshop.training, steps: 1_000, options: options, recorder: recorder, buffer: 4, seed: seed)
      }
      #expect(error?.kind == .data && error?.place == broken, "\(String(describing: error))")
      guard let last = recorder.steps.last else { continue }
      #expect(error?.message.contains("--resume") == true, "\(String(describing: error))")
      #expect(try TrainableModel(try readModel(folder("state.onnx"))).stepsTaken() == last.step)
      return
    }
    Issue.record("the broken shard came first for every seed")
  }

  @Test func timeLeftFollowsThePace() {
    var clock = StepClock()
    for step in 1...200 { clock.mark(Double(step) * 0.5, samples: step * 10) }
    #expect(abs(clock.samplesPerSecond - 20) < 1e-9)
    #expect(abs(clock.seconds(for: 8) - 4) < 1e-9)
    #expect(StepClock().seconds(for: 3) == 0)
  }
}
