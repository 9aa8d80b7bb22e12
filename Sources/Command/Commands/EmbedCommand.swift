import ArgumentParser
import Checkpoints
import ClipGraph
import Foundation
import Tensors

/// `clipgraph embed F.onnx (--images … / --texts …) -o OUT.safetensors`.
struct EmbedCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "embed", abstract: "Writes the features of pictures and captions.",
    discussion: """
      Writes image_features [pictures, width] and text_features [captions, width], float32, as the towers give them. The \
      file's metadata hold the names of the rows: images and texts, each a JSON array; and assumptions, what a file of another \
      program leaves open and what was taken for it.

      Examples:
        clipgraph embed shapes.onnx --images a.png b.png -o features.safetensors
        clipgraph embed shapes.onnx --texts "a red circle" "a blue square" \\
          --normalize -o features.safetensors
      """)

  @Argument(help: "A model; left out where --image-model and --text-model name its towers.")
  var file: String?

  @Option(parsing: .upToNextOption, help: ArgumentHelp("JPEG, PNG or WebP pictures.", valueName: "image"))
  var images: [String] = []

  @Option(parsing: .upToNextOption, help: ArgumentHelp("Captions.", valueName: "text"))
  var texts: [String] = []

  @Option(name: [.short, .long], help: "The safetensors file to write.")
  var output: String

  @Flag(help: "Divide every row by its length.")
  var normalize = false

  @OptionGroup var engine: EngineOptions
  @OptionGroup(title: "Files of other programs") var model: ModelOptions

  func validate() throws {
    try model.requireModel(file)
    if images.isEmpty && texts.isEmpty { throw ValidationError("Give pictures (--images) or captions (--texts)") }
  }

  func run() throws {
    try OutputFile.check(output)
    let clip = try model.clip(file, engine)
    var tensors: [(name: String, array: NDArray)] = []
    let files = [file, model.imageModel, model.textModel].compactMap { $0 }.joined(separator: ", ")
    var metadata = ["model": files, "normalized": String(normalize)]
    if !clip.assumptions.isEmpty { metadata["assumptions"] = json(clip.assumptions) }
    if !images.isEmpty {
      let bar = ProgressBar("embedding", total: images.count)
      let features = try clip.encode(images: images) { bar.update($0) }
      bar.finish()
      tensors.append(("image_features", (normalize ? features.normalised() : features).array))
      metadata["images"] = json(images)
    }
    if !texts.isEmpty {
      let features = try clip.encode(texts: texts)
      tensors.append(("text_features", (normalize ? features.normalised() : features).array))
      metadata["texts"] = json(texts)
    }
    try Safetensors(tensors, metadata: metadata).write(to: output)
  }

  private func json(_ list: some Encodable) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .withoutEscapingSlashes
    return (try? encoder.encode(list)).map { String(decoding: $0, as: UTF8.self) } ?? "[]"
  }
}
