import Tensors

/// A file of named tensors, recognised by its content.
public struct WeightFile: Sendable {
  public enum Format: String, Sendable { case safetensors, torch, torchScript }

  public let format: Format
  /// In the order of the file, without what wrappers of a model put before every name.
  public let tensors: [(name: String, tensor: WeightTensor)]
  /// Whole numbers that lie beside the tensors in OpenAI's archives, such as `input_resolution`.
  public let integers: [String: Int]

  private static let integerNames: Set<String> = ["input_resolution", "context_length", "vocab_size"]
  /// Of `DistributedDataParallel` and `torch.compile`.
  private static let wrappers = ["module.", "_orig_mod."]

  /// - Throws: `FileError` for what is no file of weights, what is cut off or at odds with itself, and for pickles that call for
  ///   more than tensors.
  public init(contentsOf path: String) throws(FileError) {
    try self.init(try Storage.mapping(path), path: path)
  }

  /// - Parameter path: names the file in errors.
  init(_ storage: Storage, path: String) throws(FileError) {
    var tensors: [(name: String, tensor: WeightTensor)]
    if ZipArchive.isOne(storage) {
      let archive = try TorchArchive(storage, path: path)
      format = archive.isScript ? .torchScript : .torch
      tensors = archive.tensors
    } else {
      if let problem = WeightFile.problem(UnsafeRawBufferPointer(start: storage.base, count: storage.count)) {
        throw FileError(path: path, message: problem)
      }
      format = .safetensors
      tensors = try Safetensors(storage, path: path).tensors.map { ($0.name, WeightTensor($0.array)) }
    }
    while let wrapper = WeightFile.wrappers.first(where: { wrapper in tensors.allSatisfy { $0.name.hasPrefix(wrapper) }
    }),
      !tensors.isEmpty
    {
      for index in tensors.indices { tensors[index].name.removeFirst(wrapper.count) }
    }
    var integers: [String: Int] = [:]
    for (name, tensor) in tensors where WeightFile.integerNames.contains(name) { integers[name] = tensor.integer }
    self.integers = integers
    self.tensors = tensors.filter { integers[$0.name] == nil }
  }

  /// What is known of files that are no weights, or weights in a form that is not read.
  private static func problem(_ bytes: UnsafeRawBufferPointer) -> String? {
    func begins(_ text: String, at place: Int = 0) -> Bool {
      bytes.count >= place + text.utf8.count && bytes[place...].starts(with: text.utf8)
    }
    let mend =
      "; load it with a current PyTorch and write it again: "
      + "torch.save(torch.load(\"OLD.pt\", map_location=\"cpu\"), \"NEW.pt\")"
    if bytes.isEmpty { return "is empty" }
    if bytes.starts(with: legacyMagic) { return "is a pickle as PyTorch wrote it before version 1.6" + mend }
    if begins("ustar", at: 257) { return "is a tar archive as PyTorch wrote it before version 0.1.10" + mend }
    // The length of a safetensors header is followed by a brace.
    if bytes.count > 8 && bytes[8] == 0x7B { return nil }
    if bytes.count > 1 && bytes[0] == 0x80 && (2...5).contains(bytes[1]) {
      return "is a bare pickle, not what torch.save writes; write it with torch.save or as safetensors"
    }
    if begins("version https://git-lfs") {
      return "is a pointer of Git LFS, not the weights; fetch them with 'git lfs pull'"
    }
    if bytes.starts(with: [0x1F, 0x8B]) { return "is compressed with gzip; unpack it first" }
    if bytes.starts(with: [0x89, 0x48, 0x44, 0x46]) { return "is an HDF5 file; convert it to safetensors first" }
    if begins("<") { return "is a web page or XML, not weights; fetch it again" }
    if begins("{") { return "is JSON, not weights" }
    return nil
  }

  /// The pickled number that begins a legacy file.
  private static let legacyMagic: [UInt8] = [
    0x80, 0x02, 0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, 0x2E,
  ]
}
