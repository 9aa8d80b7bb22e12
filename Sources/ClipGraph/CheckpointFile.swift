import CLIPModel
import Checkpoints
import Foundation
import Graphs
import Tensors

/// A model's weights, written so that other programs load them.
public struct CheckpointFile {
  /// The layouts that can be asked for.
  public enum Layout: String, Sendable, CaseIterable {
    case openAI = "openai"
    case openCLIP = "open_clip"
    case huggingFace = "hugging-face"
  }

  public let layout: CheckpointLayout
  /// Parameters of the model that are written.
  public let parameterCount: Int
  private let tensors: Safetensors
  private let writer: CheckpointWriter

  /// - Parameters:
  ///   - layout: nil for that of the checkpoint that the model was converted from; OpenAI's where there was none.
  ///   - place: names the model in errors.
  /// - Throws: `ClipGraphError` for models without CLIP's metadata or weights, and for layouts that cannot hold them.
  public init(_ model: Model, layout: Layout? = nil, place: String = "model") throws(ClipGraphError) {
    guard let metadata = try explaining(place, { try CLIPMetadata(of: model) }) else {
      throw ClipGraphError(place, "does not say which CLIP it is: it was not exported by clipgraph")
    }
    let source = metadata.checkpointLayout.flatMap(CheckpointLayout.init(rawValue:))
    let chosen: CheckpointLayout =
      switch layout {
      case nil: source ?? .openAI
      case .openAI: .openAI
      // open_clip has both: what was under `text.` goes back there.
      case .openCLIP: source == .customText ? .customText : .openAI
      case .huggingFace: .huggingFace
      }
    let graph = model.graph
    var constants: [String: NDArray] = [:]
    for (id, array) in graph.constants { constants[graph[id].name] = array }
    let parameters = metadata.configuration.parameters().compactMap { name, _ in
      constants[name].map { (name: name, array: $0) }
    }
    guard !parameters.isEmpty else { throw ClipGraphError(place, "has no initializer that bears a parameter's name") }
    let writer = try explaining(place) { try CheckpointWriter(chosen, metadata) }
    tensors = try explaining(place) { try writer.tensors(parameters) }
    (self.layout, self.writer) = (chosen, writer)
    parameterCount = parameters.reduce(0) { $0 + (CLIPConfiguration.isStatistic($1.name) ? 0 : $1.array.count) }
  }

  /// Writes the weights as safetensors, complete or not at all; into a folder with the configuration beside them.
  ///
  /// - Parameter path: a file, or a folder: one that exists, or a path with a slash at its end.
  /// - Returns: the paths of what was written.
  @discardableResult
  public func write(to path: String) throws(ClipGraphError) -> [String] {
    try explaining(path) {
      var isFolder: ObjCBool = false
      let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
      guard path.hasSuffix("/") || exists && isFolder.boolValue else {
        try tensors.write(to: path)
        return [path]
      }
      if !exists { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }
      let folder = path.hasSuffix("/") ? path : path + "/"
      try tensors.write(to: folder + writer.weightsName)
      var written = [folder + writer.weightsName]
      for (name, text) in try writer.companions() {
        try AtomicFile.write(text, to: folder + name)
        written.append(folder + name)
      }
      return written
    }
  }
}
