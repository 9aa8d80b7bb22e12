import Foundation
import Tensors
import Testing

@testable import Checkpoints

/// Files of torch.save and torch.jit.save, as PyTorch writes them.
struct TorchFileTests {
  static let fixtures = CheckpointTests.fixtures + "/torch"

  /// The elements of a tensor in order.
  static func array(_ tensor: WeightTensor) throws -> NDArray {
    let result = try NDArray(zeros: tensor.scalar, tensor.sizes)
    var end = 0
    tensor.forEachPiece { piece in
      piece.baseAddress.map { (result.address + end).copyMemory(from: $0, byteCount: piece.count) }
      end += piece.count
    }
    try #require(end == result.byteCount)
    return result
  }

  static func arrays(_ file: WeightFile) throws -> [String: NDArray] {
    try Dictionary(uniqueKeysWithValues: file.tensors.map { ($0.name, try array($0.tensor)) })
  }

  static func read(_ bytes: [UInt8]) throws -> WeightFile {
    let storage = Storage(byteCount: bytes.count)
    bytes.withUnsafeBytes { source in
      if let base = source.baseAddress { storage.base.copyMemory(from: base, byteCount: source.count) }
    }
    return try WeightFile(storage, path: "weights.pt")
  }

  static func complaint(_ bytes: [UInt8]) -> String { CheckpointTests.complaint { try read(bytes) } }

  @Test(arguments: ["views", "protocol5", "training", "script"])
  func tensorsAreThoseOfPyTorch(name: String) throws {
    let file = try WeightFile(contentsOf: "\(TorchFileTests.fixtures)/\(name).pt")
    let expected = try Safetensors(contentsOf: "\(TorchFileTests.fixtures)/\(name).safetensors").byName
    let found = try TorchFileTests.arrays(file)
    #expect(Set(found.keys) == Set(expected.keys))
    for (tensor, array) in expected { #expect(found[tensor] == array, "\(tensor)") }
    #expect(file.format == (name == "script" ? .torchScript : .torch))
    #expect(file.integers == (name == "script" ? ["input_resolution": 64] : [:]))
  }

  @Test func whatFollowsItselfIsAView() throws {
    let file = try WeightFile(contentsOf: TorchFileTests.fixtures + "/views.pt")
    let views = file.tensors.filter { $0.tensor.array != nil }.map(\.name)
    let apart = ["transposed", "columns", "permuted", "channels_last", "expanded", "half", "bfloat"].map {
      "visual." + $0
    }
    #expect(Set(file.tensors.map(\.name)).subtracting(views) == Set(apart))
  }

  @Test func piecesAreCutAnywhere() throws {
    // More than a piece holds, in rows that do not divide it.
    let (rows, columns) = (1021, 613)
    let array = NDArray((0..<Int32(rows * columns)).map { $0 }, [rows, columns])
    let turned = try #require(WeightTensor(array).transposed())
    let values = try TorchFileTests.array(turned).values(as: Int32.self)
    let wanted = (0..<columns).flatMap { column in (0..<rows).map { Int32($0 * columns + column) } }
    #expect(values == wanted)
  }

  @Test func openAIsArchiveIsKnownByItsForm() throws {
    let path = CheckpointTests.fixtures + "/vit-torchscript-fp16/model.pt"
    let file = try WeightFile(contentsOf: path)
    #expect(file.integers == ["input_resolution": 32, "context_length": 16, "vocab_size": 97])
    #expect(file.tensors.count == 62 && file.tensors.first?.name == "positional_embedding")
    let checkpoint = try Checkpoint(contentsOf: path)
    #expect(checkpoint.origin == .openAI && checkpoint.layout == .openAI)
    #expect(checkpoint.stored("visual.proj")?.scalar == .float16)
    #expect(checkpoint.stored("visual.ln_pre.weight")?.scalar == .float32)
    try checkpoint.verify(try checkpoint.configuration().parsed.configuration)
  }

  @Test func unalignedElementsAreMovedIntoOrder() throws {
    let checkpoint = { (padding: Int) in
      let folder = try CheckpointTests.Folder()
      let zip = ZipFile(entries: TorchFile.entries(TorchFile.sound), padding: padding)
      try Data(zip.bytes).write(to: URL(fileURLWithPath: folder("weights.pt")))
      return try Checkpoint(contentsOf: folder("weights.pt"))
    }
    for padding in 0..<4 {
      let reader = ParameterReader(try checkpoint(padding))
      let array = try #require(reader.array("visual.proj", [4, 4]))
      #expect(Int(bitPattern: array.address) % 4 == 0)
      #expect(array.values(as: Float.self) == (0..<16).map(Float.init))
    }
  }

  // MARK: Where the weights are

  @Test(
    "state_dict, model and module are looked through",
    arguments: [
      ["state_dict"], ["model"], ["model_state_dict"], ["model", "state_dict"], ["state_dict", "state_dict"], [],
    ])
  func nesting(path: [String]) throws {
    let tensor = Pickle.tensor(count: 16, sizes: [4, 4], strides: [4, 1])
    var value = Pickle.dictionary([("_orig_mod.module.visual.proj", tensor), ("_orig_mod.module.visual.x", tensor)])
    for name in path.reversed() {
      value = Pickle.dictionary([("epoch", Pickle.number(3)), (name, value), ("other", Pickle.dictionary([]))])
    }
    let file = try TorchFileTests.read(ZipFile(entries: TorchFile.entries(value)).bytes)
    #expect(file.tensors.map(\.name) == ["visual.proj", "visual.x"])
  }

  @Test func oneNameWithoutTheWrapperKeepsAll() throws {
    let tensor = Pickle.tensor(count: 16, sizes: [4, 4], strides: [4, 1])
    let value = Pickle.dictionary([("module.visual.proj", tensor), ("visual.x", tensor)])
    let file = try TorchFileTests.read(ZipFile(entries: TorchFile.entries(value)).bytes)
    #expect(file.tensors.map(\.name) == ["module.visual.proj", "visual.x"])
  }

  @Test func ofEqualKeysTheLastCounts() throws {
    let value = Pickle.dictionary([
      ("a", Pickle.tensor(count: 16, sizes: [1], strides: [1])),
      ("a", Pickle.tensor(count: 16, offset: 5, sizes: [1], strides: [1])),
    ])
    let file = try TorchFileTests.read(ZipFile(entries: TorchFile.entries(value)).bytes)
    #expect(try TorchFileTests.arrays(file) == ["a": NDArray([Float(5)], [1])])
  }

  @Test func whatHoldsNoStateIsRefused() {
    let cases: [([UInt8], String)] = [
      (Pickle.number(5), "holds a number, not a state_dict"),
      (Pickle.tensor(count: 16, sizes: [4], strides: [1]), "holds a tensor, not a state_dict"),
      (Pickle.dictionary([]), "it is empty"), (Pickle.dictionary([("epoch", Pickle.number(3))]), "its keys are epoch"),
    ]
    for (value, wanted) in cases {
      let message = TorchFileTests.complaint(ZipFile(entries: TorchFile.entries(value)).bytes)
      #expect(message.contains(wanted), "\(message)")
    }
  }

  // MARK: Other files

  @Test(
    arguments: [
      (
        [0x80, 0x02, 0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, 0x2E, 0x80],
        "before version 1.6"
      ),
      ([UInt8](repeating: 0, count: 257) + Array("ustar  and more".utf8), "tar archive"),
      ([0x80, 0x04, 0x95, 0, 0, 0, 0, 0, 0, 0, 0], "bare pickle"), ([], "is empty"),
      (Array("version https://git-lfs.github.com/spec/v1\noid sha256:00\n".utf8), "git lfs pull"),
      ([0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0], "gzip"), ([0x89, 0x48, 0x44, 0x46, 13, 10, 26, 10, 0], "HDF5"),
      (Array("<!DOCTYPE html><html>".utf8), "web page"), (Array("{\"a\": 1}  ".utf8), "is JSON"),
    ] as [([UInt8], String)])
  func filesOfOtherKindsAreNamed(bytes: [UInt8], wanted: String) {
    let message = TorchFileTests.complaint(bytes)
    #expect(message.contains(wanted) && message.contains("weights.pt") && !message.contains("\n"), "\(message)")
  }

  @Test func aFolderIsNoFile() {
    #expect(
      CheckpointTests.complaint { try WeightFile(contentsOf: CheckpointTests.fixtures) }.contains("not a regular file"))
  }
}

// MARK: - ResNet

extension TorchFileTests {
  static let resNet: String? = {
    let root = (CheckpointTests.fixtures as NSString).deletingLastPathComponent + "/../.."
    let folder = ProcessInfo.processInfo.environment["CLIPGRAPH_SHARED"] ?? root + "/../shared"
    let path = folder + "/goldens/checkpoints/resnet-relu"
    return FileManager.default.fileExists(atPath: path) ? path : nil
  }()

  @Test(
    .enabled(if: resNet != nil, "the goldens are not beside the checkout"),
    arguments: ["state_dict.pt", "epoch_3.pt", "model.safetensors"])
  func statisticsOfNormalisationsAreRead(file: String) throws {
    let folder = try #require(TorchFileTests.resNet)
    let found = try TorchFileTests.arrays(try WeightFile(contentsOf: folder + "/" + file))
    #expect(found == (try Safetensors(contentsOf: folder + "/model.safetensors").byName))
    let counter = try #require(found["visual.bn1.num_batches_tracked"])
    #expect(counter.scalar == .int64 && counter.sizes == [])
    #expect(CheckpointLayout.openAI.ignores("visual.layer2.0.downsample.1.num_batches_tracked"))
    let configuration = try Checkpoint(contentsOf: folder + "/" + file).configuration().parsed.configuration
    guard case .resNet(let tower) = configuration.vision else { throw FileError(path: file, message: "is no ResNet") }
    #expect(tower.layers == [1, 2, 1, 1] && tower.width == 8 && configuration.embedding == 24)
  }
}
