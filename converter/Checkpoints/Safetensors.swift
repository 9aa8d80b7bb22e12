import Foundation
import Tensors

/// Named tensors in the safetensors format: a JSON header, then the tensors' bytes. Reading maps the file and copies nothing.
public struct Safetensors: Sendable {
  /// In the order of the file.
  public var tensors: [(name: String, array: NDArray)]
  public var metadata: [String: String]

  public init(_ tensors: [(name: String, array: NDArray)], metadata: [String: String] = [:]) {
    self.tensors = tensors
    self.metadata = metadata
  }

  public subscript(name: String) -> NDArray? { tensors.first { $0.name == name }?.array }

  public var byName: [String: NDArray] { Dictionary(tensors.map { ($0.name, $0.array) }) { first, _ in first } }

  /// The format allows 100 MB; the largest CLIP needs less than one. Parsed, JSON takes twenty times its length.
  private static let headerLimit = 16 << 20

  private static let types: [(name: String, scalar: ScalarType)] = [
    ("F32", .float32), ("F16", .float16), ("BF16", .bfloat16), ("F64", .float64), ("I64", .int64), ("I32", .int32),
    ("I16", .int16), ("I8", .int8), ("U8", .uint8), ("U16", .uint16), ("U32", .uint32), ("U64", .uint64),
    ("BOOL", .bool),
  ]

  /// - Throws: `FileError` for a file that cannot be read, is truncated, or describes tensors outside of itself.
  public init(contentsOf path: String) throws(FileError) {
    try self.init(try Storage.mapping(path), path: path)
  }

  /// - Parameter path: names the file in errors.
  init(_ storage: Storage, path: String) throws(FileError) {
    func failure(_ message: String) -> FileError { FileError(path: path, message: message) }
    guard storage.count >= 8 else { throw failure("is no safetensors file: it has only \(storage.count) bytes") }
    let length = UInt64(littleEndian: storage.base.loadUnaligned(as: UInt64.self))
    guard length <= UInt64(Safetensors.headerLimit), Int(length) <= storage.count - 8 else {
      throw failure("is no safetensors file, or truncated: its header would have \(length) bytes")
    }
    let header = Data(bytes: storage.base + 8, count: Int(length))
    guard let object = try? JSONSerialization.jsonObject(with: header) as? [String: Any] else {
      throw failure("is no safetensors file: its header is not a JSON object")
    }
    let start = 8 + Int(length)
    var found: [(begin: Int, name: String, array: NDArray)] = []
    var metadata: [String: String] = [:]
    for (name, entry) in object {
      guard let entry = entry as? [String: Any] else { throw failure("\(name) is not described") }
      if name == "__metadata__" {
        metadata = entry.compactMapValues { $0 as? String }
        continue
      }
      guard let type = entry["dtype"] as? String, let sizes = entry["shape"] as? [Int],
        let offsets = entry["data_offsets"] as? [Int], offsets.count == 2
      else { throw failure("\(name) lacks dtype, shape or data_offsets") }
      guard let scalar = Safetensors.types.first(where: { $0.name == type })?.scalar else {
        throw failure("\(name) has the unsupported type \(type)")
      }
      do throws(ShapeError) {
        let bytes = try NDArray.byteCount(scalar, sizes)
        let (end, overflow) = offsets[0].addingReportingOverflow(bytes)
        guard offsets[0] >= 0, !overflow, end == offsets[1], end <= storage.count - start else {
          throw ShapeError("lies at \(offsets), outside of the file or not as long as \(Shape(sizes)) needs")
        }
        let array = try NDArray(scalar, sizes, storage: storage, offset: start + offsets[0])
        found.append((offsets[0], name, array))
      } catch {
        throw failure("\(name) \(error.message)")
      }
    }
    // The format has neither overlaps nor holes.
    found.sort { ($0.begin, $0.array.byteCount, $0.name) < ($1.begin, $1.array.byteCount, $1.name) }
    var end = 0
    for (begin, name, array) in found {
      guard begin >= end else { throw failure("\(name) begins at byte \(begin) and overlaps what ends at \(end)") }
      guard begin == end else { throw failure("bytes \(end) to \(begin), before \(name), belong to no tensor") }
      end += array.byteCount
    }
    guard end == storage.count - start else {
      throw failure("\(storage.count - start - end) bytes after the last tensor belong to none")
    }
    self.init(found.map { ($0.name, $0.array) }, metadata: metadata)
  }

  /// Writes the tensors in their order, each aligned to eight bytes as far as their sizes allow.
  public func write(to path: String) throws(FileError) {
    var header: [String: Any] = [:]
    if !metadata.isEmpty { header["__metadata__"] = metadata }
    var offset = 0
    // Larger elements first keeps every tensor aligned without holes, which the format forbids.
    let ordered = tensors.sorted { $0.array.scalar.size > $1.array.scalar.size }
    for (name, array) in ordered {
      guard let type = Safetensors.types.first(where: { $0.scalar == array.scalar })?.name else {
        throw FileError(path: path, message: "\(name) is \(array.scalar), which safetensors cannot hold")
      }
      header[name] = ["dtype": type, "shape": array.sizes, "data_offsets": [offset, offset + array.byteCount]]
      offset += array.byteCount
    }
    guard var json = try? JSONSerialization.data(withJSONObject: header, options: [.sortedKeys]) else {
      throw FileError(path: path, message: "its header cannot be written as JSON")
    }
    while json.count % 8 != 0 { json.append(0x20) }
    let file = try AtomicFile(path)
    var length = UInt64(json.count).littleEndian
    try withUnsafeBytes(of: &length) { raw throws(FileError) in try file.append(raw) }
    try file.append(Array(json))
    for (_, array) in ordered {
      try array.withUnsafeBytes { raw throws(FileError) in try file.append(raw) }
    }
    try file.synchronise()
    try file.commit()
  }
}
