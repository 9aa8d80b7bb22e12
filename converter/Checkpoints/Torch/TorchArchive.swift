import Tensors

/// What `torch.save` or `torch.jit.save` wrote: a zip archive with a pickle, and every storage in an entry of its own.
struct TorchArchive {
  /// In the order of the pickle.
  private(set) var tensors: [(name: String, tensor: WeightTensor)] = []
  /// Whether the archive is TorchScript's: a program with its parameters.
  let isScript: Bool
  private let storage: Storage
  private let path: String
  private let zip: ZipArchive
  /// Before the name of every entry, with a slash at its end.
  private let folder: String
  private let heap: PickleHeap

  private static let largestPickle = 64 << 20
  private static let mostTensors = 1 << 17
  private static let deepestModule = 64
  /// Under which names training checkpoints hold the weights.
  private static let stateNames = ["state_dict", "model_state_dict", "model"]

  /// - Throws: `FileError` for archives of other programs, for what `PickleMachine` refuses, and for tensors that lead out of
  ///   their storages.
  init(_ storage: Storage, path: String) throws(FileError) {
    (self.storage, self.path) = (storage, path)
    let zip = try ZipArchive(storage, path: path)
    let pickles = zip.entries.keys.filter { $0.hasSuffix("/data.pkl") && $0.utf8.count(where: { $0 == 0x2F }) == 1 }
    guard pickles.count == 1, let name = pickles.first, let range = try zip.bytes(of: name) else {
      throw FileError(
        path: path,
        message: pickles.isEmpty
          ? "is a zip archive, but not of torch.save: it has no data.pkl" : "has \(pickles.count) entries data.pkl")
    }
    guard range.count <= TorchArchive.largestPickle else {
      throw FileError(path: path, message: "\(name) has \(range.count) bytes, more than any checkpoint needs")
    }
    folder = String(name.dropLast("data.pkl".count))
    if let order = try zip.bytes(of: folder + "byteorder"),
      !TorchArchive.bytes(storage, order).elementsEqual("little".utf8)
    {
      throw FileError(
        path: path,
        message: "was written on a big-endian machine; load it with PyTorch and save it again on a little-endian one")
    }
    let (root, heap) = try PickleMachine.read(TorchArchive.bytes(storage, range), path: path, name: name)
    (self.zip, self.heap) = (zip, heap)
    if case .object(let module) = root {
      isScript = true
      try collect(module)
    } else {
      isScript = false
      try collect(state: try state(root))
    }
    try boundTensors()
  }

  private static func bytes(_ storage: Storage, _ range: Range<Int>) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: storage.base + range.lowerBound, count: range.count)
  }

  private func failure(_ message: String) -> FileError { FileError(path: path, message: message) }

  // MARK: Which values are the weights

  /// The dictionary of tensors in a checkpoint.
  private func state(_ root: PickleValue) throws(FileError) -> [(name: String, value: PickleValue)] {
    var value = root
    for _ in 0...TorchArchive.stateNames.count {
      guard let entries = heap.entries(value) else {
        throw failure(
          "holds \(value.kind), not a state_dict; save the weights with torch.save(model.state_dict(), \"F.pt\")")
      }
      let nested = TorchArchive.stateNames.compactMap { name in
        entries.first { $0.name == name }.flatMap { if case .mapping = $0.value { $0.value } else { nil } }
      }
      guard let inner = nested.first else {
        if entries.contains(where: { if case .tensor = $0.value { true } else { false } }) { return entries }
        let keys = entries.prefix(8).map(\.name).joined(separator: ", ") + (entries.count > 8 ? ", …" : "")
        throw failure(
          "holds no tensors under state_dict or model, nor at its top"
            + (keys.isEmpty ? ": it is empty" : ": its keys are \(keys)"))
      }
      value = inner
    }
    throw failure("nests one state_dict in another, again and again")
  }

  private mutating func collect(state: [(name: String, value: PickleValue)]) throws(FileError) {
    for (name, value) in state {
      if case .tensor(let place) = value { try add(name, place) }
    }
  }

  /// Parameters and buffers of a module and of those inside it: attributes joined by dots.
  private mutating func collect(_ root: Int) throws(FileError) {
    var waiting = [(module: root, prefix: "", depth: 0)]
    var visits = 0
    while let (module, prefix, depth) = waiting.popLast() {
      visits += 1
      guard depth <= TorchArchive.deepestModule, visits <= TorchArchive.mostTensors else {
        throw failure("its modules contain each other without an end")
      }
      guard let attributes = heap.objects[module], let entries = heap.entries(.mapping(attributes)) else { continue }
      var inner: [(module: Int, prefix: String, depth: Int)] = []
      for (name, value) in entries {
        switch value {
        case .tensor(let place): try add(prefix + name, place)
        case .object(let module): inner.append((module, prefix + name + ".", depth + 1))
        default: break
        }
      }
      waiting += inner.reversed()
    }
  }

  // MARK: Tensors

  private mutating func add(_ name: String, _ place: Int) throws(FileError) {
    guard tensors.count < TorchArchive.mostTensors else { throw failure("has more tensors than any checkpoint") }
    tensors.append((name, try tensor(name, heap.tensors[place])))
  }

  private func tensor(_ name: String, _ given: PickleHeap.Tensor) throws(FileError) -> WeightTensor {
    let source = heap.storages[given.storage]
    guard let scalar = given.scalar else { throw failure("\(name) is \(given.typeName), which no CLIP has") }
    guard let range = try zip.bytes(of: "\(folder)data/\(source.key)") else {
      throw failure("\(name) lies in the storage \(source.key), which the archive lacks")
    }
    let (needed, overflow) = source.count.multipliedReportingOverflow(by: source.scalar?.size ?? 1)
    guard !overflow, needed <= range.count else {
      throw failure(
        "\(name) lies in the storage \(source.key), which has \(range.count) bytes, too few for \(source.count) elements; "
          + "fetch or save the file again")
    }
    do throws(ShapeError) {
      return try WeightTensor(
        scalar, sizes: given.sizes, strides: given.strides, storage: storage,
        region: range.lowerBound..<range.lowerBound + needed, start: given.offset)
    } catch {
      throw failure("\(name) \(error.message)")
    }
  }

  /// Shared and repeated elements let a small file speak of much: what no weights do.
  private func boundTensors() throws(FileError) {
    var room = (storage.count + 1 << 20) * 16
    for (name, tensor) in tensors {
      room -= min(tensor.byteCount, room + 1)
      guard room >= 0 else {
        throw failure(
          "up to \(name), its tensors repeat the file's bytes more than sixteen times; save contiguous copies")
      }
    }
  }
}
