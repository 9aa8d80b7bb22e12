import CLIPModel
import Checkpoints
import ClipGraph
import Foundation
import Graphs
import Preprocessing
import Tensors
import Testing

/// Files of torch.save and of TorchScript, and what their own programs compute from them.
@Suite("Conversion of files of PyTorch")
struct TorchConversionTests {
  static let archive = Golden(name: "vit-torchscript-fp16")

  /// The folder of all goldens beside the checkout; `CLIPGRAPH_SHARED` overrides it.
  static let shared: String? = {
    let folder = ProcessInfo.processInfo.environment["CLIPGRAPH_SHARED"] ?? Peer.root + "/../shared"
    let goldens = folder + "/goldens/checkpoints"
    return FileManager.default.fileExists(atPath: goldens) ? goldens : nil
  }()

  /// Every file of weights of every golden; ResNets where the model declares their image tower.
  static let files: [String] = {
    guard let shared else { return [] }
    let names = (FileManager.default.enumerator(atPath: shared)?.allObjects as? [String] ?? []).sorted()
    return names.filter { name in
      let file = (name as NSString).lastPathComponent
      guard !["expected.safetensors", "training.safetensors"].contains(file) else { return false }
      guard ["safetensors", "pt", "bin"].contains((name as NSString).pathExtension) else { return false }
      let configuration = "\(shared)/\((name as NSString).deletingLastPathComponent)/open_clip_config.json"
      guard let parsed = try? CLIPConfiguration.named(configuration), case .resNet = parsed.configuration.vision else {
        return true
      }
      return parsed.configuration.parameters().contains { $0.name.hasPrefix("visual.layer1.") }
    }
  }()

  @Test(
    "every file of every golden gives its program's features and logits within 1e-5",
    .enabled(if: shared != nil, "the goldens are not beside the checkout"), arguments: files)
  func agreement(file: String) throws {
    let path = try #require(TorchConversionTests.shared) + "/" + file
    let folder = (path as NSString).deletingLastPathComponent
    try ConversionTests.expectAgreement(
      try ConversionTests.converted(path), with: try Safetensors(contentsOf: folder + "/expected.safetensors").byName,
      file)
  }

  @Test("no golden is left out", .enabled(if: shared != nil, "the goldens are not beside the checkout"))
  func completeness() {
    let plain = TorchConversionTests.files.filter { !$0.hasPrefix("resnet") }
    #expect(plain.count == 3 + 3 + 1 + 1 + 2 + 2)
  }

  @Test("OpenAI's archive: configuration from the shapes, QuickGELU, mixed precision, its tokenizer")
  func openAI() throws {
    let path = TorchConversionTests.archive.path("model.pt")
    let model = try ConversionTests.converted(path)
    try ConversionTests.expectAgreement(
      model, with: try TorchConversionTests.archive.tensors("expected.safetensors"), "model.pt")
    for (name, scalar) in [("visual.proj", ScalarType.float16), ("token_embedding.weight", .float32)] {
      #expect(model.graph.value(named: name).flatMap { model.graph.constants[$0] }?.scalar == scalar)
    }
    let metadata = try #require(try CLIPMetadata(of: model))
    #expect(metadata.configuration.quickGELU && metadata.checkpointLayout == "openai")
    #expect(metadata.configuration.text.contextLength == 16 && metadata.configuration.vision.imageSize == 32)
    let single = try ConversionTests.converted(path) { $0.precision = .fp32 }
    try ConversionTests.expectAgreement(
      single, with: try TorchConversionTests.archive.tensors("expected.safetensors"), "fp32")
  }

  @Test("numbers go from a file of torch.save to safetensors bit for bit")
  func roundTrip() throws {
    let folder = try TemporaryFolder()
    let path = TorchConversionTests.archive.path("model.pt")
    try CheckpointFile(try ConversionTests.converted(path)).write(to: folder.path + "/back.safetensors")
    let back = try Checkpoint(contentsOf: folder.path + "/back.safetensors")
    let (there, here) = (ParameterReader(try Checkpoint(contentsOf: path)), ParameterReader(back))
    let parameters = try #require(try? CLIPMetadata(of: try ConversionTests.converted(path)))
      .configuration.parameters()
    #expect(parameters.count == 62)
    for (name, sizes) in parameters {
      #expect(try #require(there.array(name, sizes)) == #require(here.array(name, sizes)), "\(name)")
    }
  }

  @Test("NaN is kept, with a warning; a foreign file is refused in one line")
  func oddities() throws {
    let golden = Golden(name: "vit-gelu")
    let folder = try TemporaryFolder()
    var file = try Safetensors(contentsOf: golden.path("model.safetensors"))
    let index = try #require(file.tensors.firstIndex { $0.name == "ln_final.bias" })
    file.tensors[index].array = NDArray([Float](repeating: .nan, count: 64), [64])
    try file.write(to: folder.path + "/model.safetensors")
    var options = Conversion.Options(workFolder: folder.path)
    options.configuration = golden.path("open_clip_config.json")
    let conversion = try Conversion(folder.path + "/model.safetensors", options)
    #expect(conversion.warnings == ["ln_final.bias held infinities or NaN, which stay"])
    for name in ["step0.safetensors", "open_clip_config.json"] {
      #expect { try Conversion(golden.path(name), options) } throws: { !"\($0)".contains("\n") }
    }
  }

  @Test("the three forms of a vocabulary give one file", arguments: ["tokenizer.json", "vocab.json", "merges.txt"])
  func vocabularies(form: String) throws {
    let small = (Golden.fixtures as NSString).deletingLastPathComponent + "/tokenizer/small"
    let folder = try TemporaryFolder()
    // A model with the vocabulary's 594 identifiers.
    var configuration = try CLIPConfiguration.named(Golden(name: "vit-gelu").path("open_clip_config.json"))
    configuration.configuration.text.vocabularySize = 594
    let model = try Model.clip(configuration, weights: .fresh(seed: 1))
    try CheckpointFile(model).write(to: folder.path + "/")
    let given = try ConversionTests.converted(folder.path) { $0.tokenizer = small + "/" + form }
    let vocabulary = try BytePairVocabulary(contentsOf: small + "/tokenizer.json")
    let metadata = try #require(try CLIPMetadata(of: given))
    #expect(metadata.tokenizerKind == "open_clip" && metadata.tokenizerMerges == vocabulary.text)
    // Beside the weights it is found.
    for name in form == "tokenizer.json" ? [form] : ["vocab.json", "merges.txt"] {
      try FileManager.default.copyItem(atPath: small + "/" + name, toPath: folder.path + "/" + name)
    }
    let found = try #require(try CLIPMetadata(of: try ConversionTests.converted(folder.path)))
    #expect(found.tokenizerMerges == vocabulary.text)
  }
}
