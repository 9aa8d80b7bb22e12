import CLIPModel
import ClipGraph
import Datasets
import Foundation
import Training

// Trains a model from its graph file: nothing but the file says what the loss, the gradients and the update are.
//
//     swift run ExampleTrain training.onnx data trained.onnx 100

/// Prints a line every ten steps.
final class Printer: TrainingObserver {
  func didStep(_ progress: TrainingProgress) {
    guard progress.step.isMultiple(of: 10) || progress.step == progress.totalSteps else { return }
    print("step \(progress.step) of \(progress.totalSteps): loss \(progress.loss)")
  }
}

let arguments = CommandLine.arguments
guard arguments.count == 5, let steps = Int(arguments[4]), steps > 0 else {
  FileHandle.standardError.write(Data("usage: ExampleTrain TRAINING.onnx DATA OUT.onnx STEPS\n".utf8))
  exit(64)
}

do {
  let model = try readModel(arguments[1])
  guard let metadata = try CLIPMetadata(of: model), let tokenizer = try metadata.makeTokenizer() else {
    throw ClipGraphError(arguments[1], "has no tokenizer: export it with --vocabulary")
  }
  let trainable = try TrainableModel(model)
  try trainable.set(.totalSteps, Double(steps))

  var options = BatchLoader.Options()
  options.batchSize = 16
  let loader = BatchLoader(
    shards: try ShardList.expand(arguments[2]), preprocessing: try metadata.imagePreprocessing(), tokenizer: tokenizer,
    options: options)
  defer { loader.stop() }

  let summary = try TrainingRun(trainable, loader: loader, totalSteps: steps).run(observer: Printer())
  try writeModel(try trainable.inferenceModel(), to: arguments[3])
  print("\(arguments[3]): \(summary.samples) samples, \(Int(summary.samplesPerSecond)) a second")
} catch {
  FileHandle.standardError.write(Data("ExampleTrain: \(error)\n".utf8))
  exit(1)
}
