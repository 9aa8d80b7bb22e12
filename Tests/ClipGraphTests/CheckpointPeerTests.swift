import CLIPModel
import Checkpoints
import ClipGraph
import Foundation
import Graphs
import Tensors
import Testing

/// open_clip and transformers load what is written, and compute what we compute.
@Suite(
  "Checkpoints in open_clip and transformers",
  .enabled(if: Peer.torchPython != nil, "needs CLIPGRAPH_TORCH_PYTHON, an interpreter with open_clip and transformers"))
struct CheckpointPeerTests {
  /// Features and logits of the program that owns the layout.
  func theirs(
    _ model: Model, _ layout: CheckpointFile.Layout, _ inputs: [String: NDArray]
  ) throws -> [String: NDArray] {
    let folder = try TemporaryFolder()
    try CheckpointFile(model, layout: layout).write(to: folder.path + "/checkpoint/")
    try Safetensors(inputs.map { ($0.key, $0.value) }).write(to: folder.path + "/in.safetensors")
    try Peer.run(
      "check_checkpoint.py",
      [
        layout.rawValue, folder.path + "/checkpoint", folder.path + "/in.safetensors", folder.path + "/out.safetensors",
      ],
      with: Peer.torchPython)
    return try Safetensors(contentsOf: folder.path + "/out.safetensors").byName
  }

  func compare(_ model: Model, _ layout: CheckpointFile.Layout, _ golden: Golden) throws {
    let inputs = try golden.tensors("expected.safetensors").filter { ["image", "text"].contains($0.key) }
    let ours = try Engine(model.graph, compilation: .inference).run(inputs)
    for (name, value) in try theirs(model, layout, inputs) {
      let distance = try Distance(ours[name], value)
      #expect(distance.maximum <= 1e-5, "\(name): \(distance.maximum)")
    }
  }

  /// Every golden in every layout that has a place for it: CLIPModel has no ResNet.
  static let cases = ConversionTests.folders.flatMap { golden in
    [CheckpointFile.Layout.openCLIP, .huggingFace]
      .filter { $0 == .openCLIP || !golden.name.hasPrefix("resnet") }.map { (golden, $0) }
  }

  @Test("they agree to 1e-5", arguments: cases)
  func agreement(golden: Golden, layout: CheckpointFile.Layout) throws {
    try compare(try ConversionTests.converted(golden.path("")), layout, golden)
  }

  @Test("also with half and single precision in one file", arguments: [CheckpointFile.Layout.openCLIP, .huggingFace])
  func mixed(layout: CheckpointFile.Layout) throws {
    let golden = TorchConversionTests.archive
    try compare(try ConversionTests.converted(golden.path("model.pt")), layout, golden)
  }

  @Test("also after training", arguments: [CheckpointFile.Layout.openCLIP, .huggingFace])
  func trained(layout: CheckpointFile.Layout) throws {
    let golden = Golden(name: "vit-quickgelu")
    let trainable = try TrainableModel(try golden.model(training: true))
    _ = try trainable.step(try golden.tensors("step0.safetensors").filter { ["image", "text"].contains($0.key) })
    try compare(try trainable.inferenceModel(), layout, golden)
  }
}
