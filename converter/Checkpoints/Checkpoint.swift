import CLIPModel
import Foundation
import Tensors

/// The weights of a CLIP as somebody else's program wrote them: mapped, and looked up by the model's own names.
public struct Checkpoint: Sendable {
  /// Whose program wrote the weights; the tokenizer that they were trained with follows from it.
  public enum Origin: String, Hashable, Sendable {
    case openAI = "openai"
    case openCLIP = "open_clip"
    case huggingFace = "hugging-face"
  }

  /// The file or folder that was named.
  public let path: String
  public let layout: CheckpointLayout
  public let origin: Origin
  /// `tokenizer.json`, or `merges.txt` that has a `vocab.json` beside it, where the folder holds one.
  public let tokenizerPath: String?
  let files: CheckpointFiles
  let tensors: [String: NDArray]

  /// Opens a file of weights, or a folder of Hugging Face's or open_clip's.
  ///
  /// - Throws: `FileError` for what cannot be read, and for files that hold no CLIP.
  public init(contentsOf path: String) throws(FileError) {
    self.path = path
    files = try CheckpointFiles(path)
    tokenizerPath = files.tokenizer
    var tensors: [String: NDArray] = [:]
    var isOpenAI = false
    for file in files.weights {
      let weights = try WeightFile(contentsOf: file)
      isOpenAI =
        isOpenAI || weights.format == .torchScript || weights.integers["input_resolution"] != nil
        || weights.tensors.contains { $0.name == "input_resolution" }
      for (name, array) in weights.tensors where files.shards.isEmpty || files.shards[name] == file {
        tensors[name] = array
      }
    }
    for (name, file) in files.shards where tensors[name] == nil {
      throw FileError(path: file, message: "lacks \(name), which the index places there")
    }
    guard let layout = CheckpointLayout(names: tensors.keys) else {
      let names = tensors.keys.sorted()
      let list = names.prefix(4).joined(separator: ", ") + (names.count > 4 ? ", …" : "")
      throw FileError(
        path: path,
        message: "holds no CLIP as OpenAI, open_clip or Hugging Face name it"
          + (names.isEmpty ? ": it has no tensors" : ": its tensors are \(list)"))
    }
    self.tensors = tensors
    self.layout = layout
    origin = layout == .huggingFace ? .huggingFace : isOpenAI && layout == .openAI ? .openAI : .openCLIP
  }

  /// The last component of `path`.
  public var name: String { (path as NSString).standardizingPath.split(separator: "/").last.map(String.init) ?? path }

  func error(_ message: String) -> FileError { FileError(path: path, message: message) }

  /// A parameter under the model's own name; nil unless all of it is there.
  func stored(_ parameter: String) -> StoredTensor? { StoredTensor(layout.place(of: parameter)) { tensors[$0] } }

  // MARK: What fits

  /// Everything about the tensors that is at odds with a configuration, in one error.
  ///
  /// - Parameter tower: whose parameters must be there; nil for the whole model.
  public func verify(_ configuration: CLIPConfiguration, tower: Tower? = nil) throws(FileError) {
    let needed = configuration.parameters(tower: tower)
    var complaints = needed.flatMap { self.complaints(about: $0.name, $0.sizes) }
    let all = tower == nil ? needed : configuration.parameters()
    let known = Set(all.flatMap { layout.place(of: $0.name).names })
    let unexpected = tensors.keys.filter { !known.contains($0) && !layout.ignores($0) }.sorted()
    complaints += unexpected.map { "\($0) \(tensors[$0]?.type.description ?? "") is not part of the model" }
    guard !complaints.isEmpty else { return }
    let most = 20
    let list = complaints.prefix(most).joined(separator: "; ")
    let rest = complaints.count > most ? "; and \(complaints.count - most) more" : ""
    throw error(
      "\(complaints.count) tensor\(complaints.count == 1 ? " is" : "s are") at odds with the configuration: " + list
        + rest)
  }

  private func complaints(about parameter: String, _ sizes: [Int]) -> [String] {
    let place = layout.place(of: parameter)
    let wanted = place.partSizes(of: sizes)
    let types = Set(place.names.compactMap { tensors[$0]?.scalar })
    return place.names.compactMap { name in
      let isCounter = CLIPConfiguration.isCounter(parameter)
      guard let array = tensors[name] else { return isCounter ? nil : "\(name) is missing (\(Shape(wanted)))" }
      if array.sizes != wanted && !(sizes.isEmpty && array.count == 1) {
        return "\(name) is \(Shape(array.sizes)), not \(Shape(wanted))"
      }
      if isCounter { return array.scalar == .int64 ? nil : "\(name) is \(array.scalar), not i64" }
      if !array.scalar.isFloat { return "\(name) is \(array.scalar), not floating point" }
      return types.count > 1 ? "\(name) is \(array.scalar), unlike what it is joined with" : nil
    }
  }

  /// Whether the tensors are exactly those of a configuration.
  func fits(_ configuration: CLIPConfiguration) -> Bool {
    (try? verify(configuration)) != nil
  }
}
