import ClipGraph
import Datasets
import Foundation
import Graphs
import Tensors
import TrainingGraphs

/// Takes steps of a training graph on batches until its schedule ends.
///
///     let model = try TrainableModel(try readModel("training.onnx"))
///     let run = TrainingRun(model, loader: loader, totalSteps: 1_000)
///     let summary = try run.run(observer: nil)
///     try writeModel(try model.inferenceModel(), to: "trained.onnx")
public final class TrainingRun {
  public struct Options: Sendable {
    /// Where the training graph with its state goes; nil for nowhere.
    public var checkpointPath: String?
    /// Steps between checkpoints. One more is written at the end.
    public var checkpointEvery = 500
    /// Checkpoints that are kept.
    public var checkpointsKept = 1
    public init() {}
  }

  private let model: TrainableModel
  private let loader: BatchLoader
  private let totalSteps: Int
  private let options: Options
  private var recentLosses: [Double] = []
  private var checkpointedStep: Int?
  private var position: StreamPosition?

  /// - Parameters:
  ///   - loader: gives batches of pictures and captions; the caller stops it.
  ///   - totalSteps: the run ends when the file's step counter stands here.
  public init(_ model: TrainableModel, loader: BatchLoader, totalSteps: Int, options: Options = Options()) {
    self.model = model
    self.loader = loader
    self.totalSteps = totalSteps
    self.options = options
  }

  /// Runs until the last step, or until `observer` asks to stop.
  ///
  /// A checkpoint that cannot be written in the middle of the run is reported, and the run goes on: the one before is whole.
  ///
  /// - Throws: `TrainingError`. When the data fail, the state so far has been written to the checkpoint; when training
  ///   diverges, the checkpoint is the last good one.
  public func run(observer: (any TrainingObserver)? = nil) throws(TrainingError) -> TrainingSummary {
    let inputs = try stepInputs()
    let start = Date()
    let first = try stepsTaken()
    var (step, samples, end) = (first, 0, TrainingSummary.End.finished)
    var clock = StepClock()
    while step < totalSteps {
      let batch = try nextBatch(after: step, observer)
      let outputs = try explain(.algorithm, "step \(step + 1)") {
        try model.step(inputs.arrays(images: batch.image, captions: batch.text, lengths: batch.lengths))
      }
      let loss = try TrainingRun.loss(in: outputs)
      guard loss.isFinite else { throw diverged(step + 1, "the loss is \(loss)", on: batch.keys) }
      position = batch.position
      step += 1
      samples += batch.image.sizes.first ?? 0
      recentLosses.append(loss)
      if recentLosses.count > 50 { recentLosses.removeFirst() }
      clock.mark(Date().timeIntervalSince(start), samples: samples)
      observer?.didStep(
        TrainingProgress(
          step: step, totalSteps: totalSteps, loss: loss,
          learningRate: try? TrainingRun.scalar(outputs, TrainingName.learningRate),
          samplesPerSecond: clock.samplesPerSecond, secondsLeft: clock.seconds(for: totalSteps - step),
          secondsWaited: loader.waited))
      if observer?.shouldStop == true {
        end = step < totalSteps ? .interrupted : .finished
        break
      }
      if step.isMultiple(of: max(1, options.checkpointEvery)), step < totalSteps {
        do throws(TrainingError) { try writeCheckpoint(step, observer) } catch {
          guard error.kind == .checkpoint else { throw error }
          observer?.didFailToWriteCheckpoint(error, step: step)
        }
      }
    }
    if step > first { try writeCheckpoint(step, observer) }
    let skipped = loader.skipped
    return TrainingSummary(
      end: end, step: step, stepsRun: step - first, samples: samples, seconds: Date().timeIntervalSince(start),
      secondsWaited: loader.waited,
      recentLoss: recentLosses.isEmpty ? nil : recentLosses.reduce(0, +) / Double(recentLosses.count),
      skipped: skipped.count, latestSkipReason: skipped.latest)
  }

  // MARK: Data

  private func stepInputs() throws(TrainingError) -> StepInputs {
    let inputs = try explain(.algorithm, "inputs") { try model.stepInputs() }
    if let batch = inputs.batch, batch != loader.options.batchSize {
      throw TrainingError(
        .data, at: "input \(inputs.image.name)",
        "is made for \(batch) samples a step, not \(loader.options.batchSize): give --batch-size \(batch)")
    }
    return inputs
  }

  private func nextBatch(after step: Int, _ observer: (any TrainingObserver)?) throws(TrainingError) -> Batch {
    do { return try loader.next() } catch {
      guard step > 0, options.checkpointPath != nil, (try? writeCheckpoint(step, observer)) != nil,
        let path = options.checkpointPath
      else { throw TrainingError(.data, at: error.place, "\(error.message); mend the data and start again") }
      throw TrainingError(
        .data, at: error.place,
        "\(error.message); the state of step \(step) is in \(path): mend the data and go on with --resume")
    }
  }

  // MARK: State

  private func stepsTaken() throws(TrainingError) -> Int {
    try explain(.algorithm, "step counter") { try model.stepsTaken() }
  }

  /// Writes the training graph with its state, unless a number in it is infinite or none.
  private func writeCheckpoint(_ step: Int, _ observer: (any TrainingObserver)?) throws(TrainingError) {
    guard checkpointedStep != step else { return }
    let checkpoint = try explain(.checkpoint, "checkpoint") { try model.checkpointModel() }
    if let name = TrainingRun.nonFiniteState(of: checkpoint) { throw diverged(step, "\(name) is no longer finite") }
    guard let path = options.checkpointPath else { return }
    let store = CheckpointStore(path, keep: options.checkpointsKept)
    try explain(.checkpoint, path) { try store.write(checkpoint, step: step, position: position) }
    checkpointedStep = step
    observer?.didWriteCheckpoint(path, step: step)
  }

  /// The first state that holds an infinity or no number.
  private static func nonFiniteState(of model: Model) -> String? {
    guard let graph = model.training?.step else { return nil }
    for state in graph.states.sorted() {
      guard let array = graph.constants[state], array.scalar == .float32 else { continue }
      let isFinite = array.withUnsafeBytes { bytes in bytes.bindMemory(to: Float.self).allSatisfy(\.isFinite) }
      if !isFinite { return graph[state].name }
    }
    return nil
  }

  private func diverged(_ step: Int, _ what: String, on keys: [String] = []) -> TrainingError {
    let rate = (model.value(.learningRate)).map { " (now \($0))" } ?? ""
    let good: String
    if let path = options.checkpointPath, let checkpointedStep {
      good = "; the last good state, of step \(checkpointedStep), is in \(path): add --resume to go on from it"
    } else {
      good = ""
    }
    let batch = keys.isEmpty ? "" : " on the batch of \(keys.prefix(8).joined(separator: ", "))"
    let rest = keys.count > 8 ? " and \(keys.count - 8) more" : ""
    return TrainingError(
      .diverged, at: "step \(step)",
      "\(what)\(batch)\(rest): training has diverged; lower --lr\(rate) or lengthen --warmup\(good)")
  }

  // MARK: Outputs

  private static func scalar(_ outputs: [String: NDArray], _ name: String) throws(TrainingError) -> Double? {
    guard let array = outputs[name] else { return nil }
    if let value = array.values(as: Float.self).first, array.count == 1 { return Double(value) }
    if let value = array.values(as: Double.self).first, array.count == 1 { return value }
    throw TrainingError(.algorithm, at: name, "is \(array.type), not one floating-point number")
  }

  /// The output called `loss`, or the only one.
  private static func loss(in outputs: [String: NDArray]) throws(TrainingError) -> Double {
    if let loss = try scalar(outputs, TrainingName.loss) { return loss }
    if let name = outputs.keys.first, outputs.count == 1, let value = try scalar(outputs, name) { return value }
    throw TrainingError(
      .algorithm, at: "outputs of the algorithm",
      "none is called loss, and there are \(outputs.count): \(outputs.keys.sorted().joined(separator: ", "))")
  }

  private func explain<R>(
    _ kind: TrainingError.Kind, _ place: String, _ body: () throws -> R
  ) throws(TrainingError) -> R {
    do { return try body() } catch let error as ClipGraphError {
      throw TrainingError(kind, at: error.place.isEmpty ? place : error.place, error.message)
    } catch {
      throw TrainingError(kind, at: place, "\(error)")
    }
  }
}
