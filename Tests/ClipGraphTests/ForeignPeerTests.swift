import Checkpoints
import ClipGraph
import Foundation
import Tensors
import Testing

/// Hugging Face's and open_clip's models, exported with PyTorch, with the files that lie beside their weights: pictures and
/// captions give what the programs themselves make of them.
@Suite(
  "Exports of open_clip and transformers",
  .enabled(if: Peer.torchPython != nil, "needs CLIPGRAPH_TORCH_PYTHON, an interpreter with open_clip and transformers"))
struct ForeignPeerTests {
  static let pictures = ["jpeg-480x333-q76.jpg", "png-rgb.png", "jpeg-225x224-q80.jpg"].map {
    "\(Peer.root)/Tests/Fixtures/images/\($0)"
  }
  static let captions = ["a photo of a cat", "a diagram", "it's “quoted” & naïve"]

  private static let exported = Result {
    let folder = try TemporaryFolder()
    try Peer.run("export_foreign.py", [folder.path] + pictures, with: Peer.torchPython)
    return folder
  }

  /// Hugging Face resizes with torchvision, which differs from Pillow by a level here and there.
  @Test(arguments: [
    ("hugging-face-dynamic", "onnx/", 2e-2), ("hugging-face-static", "onnx/", 2e-2), ("open_clip-logits", "", 1e-4),
  ])
  func agreement(name: String, inner: String, bound: Double) throws {
    let folder = try Self.exported.get().path
    var options = CLIP.Options(threads: 1)
    if name.hasPrefix("open_clip") { options.preparation.tokenizer = "\(folder)/vocabulary.gz" }
    let clip = try CLIP(contentsOf: "\(folder)/\(name)/\(inner)model.onnx", options: options)
    let expected = try Safetensors(contentsOf: "\(folder)/\(name).safetensors")
    let images = try clip.encode(images: Self.pictures).normalised()
    let texts = try clip.encode(texts: Self.captions).normalised()
    for (features, key, bound) in [(images, "image_features", bound), (texts, "text_features", 1e-4)] {
      let distance = try Distance(features.array, try #require(expected[key]))
      #expect(distance.maximum <= bound, "\(key): \(distance.maximum)")
    }
    let probabilities = images.similarities(to: texts).flatMap { clip.softmax($0) }
    let distance = try Distance(NDArray(probabilities, [3, 3]), try #require(expected["probabilities"]))
    #expect(distance.absolute <= bound, "\(distance.absolute)")
    #expect(!clip.assumptions.contains { $0.source.hasPrefix("assumed") }, "\(clip.assumptions)")
  }
}
