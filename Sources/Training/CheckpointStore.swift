import ClipGraph
import Datasets
import Foundation
import Graphs

/// Checkpoints of one run: training graph files with their state, the last few of them.
///
/// The newest has the path that was asked for, `state.onnx`; older ones are `state.STEP.onnx`. Weights that lie outside of the
/// file are in a data file of their own, `state.onnx.STEP.data`, so that taking the place of the file before is one renaming:
/// whenever the process dies, `state.onnx` is one checkpoint, whole.
struct CheckpointStore {
  /// Metadata key of the position in the data.
  static let positionKey = "clip.training.position"

  let path: String
  /// Checkpoints that are kept, the newest included.
  let keep: Int

  init(_ path: String, keep: Int) { (self.path, self.keep) = (path, max(1, keep)) }

  private var url: URL { URL(fileURLWithPath: path) }
  private var folder: String { url.deletingLastPathComponent().path }
  private var name: String { url.lastPathComponent }

  /// Writes a checkpoint and takes away the oldest.
  func write(_ model: Model, step: Int, position: StreamPosition?) throws {
    var model = model
    model[CheckpointStore.positionKey] = position?.text
    keepPresent(before: step)
    try writeModel(model, to: path, dataName: "\(name).\(step).data")
    synchroniseFolder()
    prune(newest: step)
  }

  /// The present checkpoint gets the name of an older one, besides its own.
  private func keepPresent(before step: Int) {
    guard keep > 1, let present = try? readModel(path), let taken = try? TrainableModel(present).stepsTaken(),
      taken != step
    else { return }
    link(path, olderPath(taken))
  }

  private func olderPath(_ step: Int) -> String {
    url.deletingPathExtension().path + ".\(step)" + (url.pathExtension.isEmpty ? "" : "." + url.pathExtension)
  }

  /// The step in the name of an older checkpoint or of a data file; nil for other files.
  private func step(in file: String) -> Int? {
    func between(_ prefix: String, _ suffix: String) -> Int? {
      guard file.hasPrefix(prefix), file.hasSuffix(suffix), file.count > prefix.count + suffix.count else { return nil }
      let digits = file.dropFirst(prefix.count).dropLast(suffix.count)
      return digits.allSatisfy { $0.isASCII && $0.isNumber } ? Int(digits) : nil
    }
    let ending = url.pathExtension.isEmpty ? "" : "." + url.pathExtension
    return between(name + ".", ".data") ?? between(String(name.dropLast(ending.count)) + ".", ending)
  }

  private func prune(newest: Int) {
    let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    let steps = Set(files.compactMap { step(in: $0) }).subtracting([newest]).sorted()
    let kept = Set(steps.filter { $0 < newest }.suffix(keep - 1) + [newest])
    for file in files {
      guard let step = step(in: file), !kept.contains(step) else { continue }
      unlink(folder + "/" + file)
    }
  }

  /// Puts the new names on disk.
  private func synchroniseFolder() {
    let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    fsync(descriptor)
    close(descriptor)
  }
}

extension Model {
  /// Where the data of a checkpoint stood; nil in files that say nothing of it.
  ///
  /// - Throws: `DatasetError` for a position that cannot be read.
  public func streamPosition() throws(DatasetError) -> StreamPosition? {
    guard let text = self[CheckpointStore.positionKey] else { return nil }
    return try StreamPosition(text: text)
  }

  /// The model without what only a run that goes on needs.
  public func withoutPosition() -> Model {
    var model = self
    model[CheckpointStore.positionKey] = nil
    return model
  }
}
