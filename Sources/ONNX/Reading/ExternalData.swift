import Glibc
import Tensors

/// The external data files of one model: opened inside of the model's directory only, without following links unless
/// they lead to a file beneath a trusted root, and mapped once each.
final class ExternalData {
  /// The directory of the model; nil for a model that came from memory.
  private let directory: String?
  /// Links to files beneath this directory are followed; nil for none.
  private let trustedRoot: String?
  private var files: [String: Storage] = [:]

  init(directory: String?, trustedRoot: String?) {
    self.directory = directory
    self.trustedRoot = trustedRoot
  }

  /// Where the `byteCount` bytes of a tensor lie, from the entries of its `external_data`.
  func range(
    _ entries: [(key: String, value: String)], byteCount: Int, at place: String
  ) throws(ONNXError) -> (file: Storage, offset: Int) {
    func failure(_ message: String) -> ONNXError { ONNXError(.externalData, at: place, message) }
    func value(_ key: String) throws(ONNXError) -> String? {
      let found = entries.filter { $0.key == key }
      guard found.count <= 1 else { throw failure("external data names its \(key) twice") }
      return found.first?.value
    }
    guard let location = try value("location") else { throw failure("external data names no location") }
    let offset = try value("offset").map { text throws(ONNXError) in try number(text, "offset", place) } ?? 0
    let length = try value("length").map { text throws(ONNXError) in try number(text, "length", place) }
    if let length, length != byteCount {
      throw failure("has \(byteCount) bytes by its type, but external data of \(length) bytes")
    }
    let file = try self.file(location, at: place)
    guard offset <= file.count, byteCount <= file.count - offset else {
      throw failure(
        "lies at bytes \(offset) to \(offset)+\(byteCount) of \(location), which has \(file.count): the file is cut short"
      )
    }
    return (file, offset)
  }

  /// A decimal number without sign or blanks, below 2⁶².
  private func number(_ text: String, _ key: String, _ place: String) throws(ONNXError) -> Int {
    let digits = text.utf8.allSatisfy { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
    guard digits, let number = Int(text), number < Int(1) << 62 else {
      throw ONNXError(.externalData, at: place, "external data has the \(key) \"\(text)\", which is no byte count")
    }
    return number
  }

  private func file(_ location: String, at place: String) throws(ONNXError) -> Storage {
    if let known = files[location] { return known }
    guard let directory else {
      throw ONNXError(.externalData, at: place, "has external data, but the model was not read from a file")
    }
    let components = location.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    let isPlain = components.allSatisfy { !$0.isEmpty && $0 != "." && $0 != ".." && !$0.contains("\\") }
    guard isPlain, !location.contains(":") else {
      throw ONNXError(
        .externalData, at: place,
        "has external data at \"\(location)\", which is not a relative path inside the directory")
    }
    let storage: Storage
    if let linked = try trusted(location, in: directory, place) {
      storage = linked
    } else {
      storage = try map(components, in: directory, location, place)
    }
    files[location] = storage
    return storage
  }

  /// What a location leads to beneath the trusted root, links resolved; nil without such a root, and without a link.
  private func trusted(_ location: String, in directory: String, _ place: String) throws(ONNXError) -> Storage? {
    guard let trustedRoot, let target = resolved("\(directory)/\(location)") else { return nil }
    guard target != resolved(directory).map({ "\($0)/\(location)" }) else { return nil }
    guard let root = resolved(trustedRoot) else {
      throw ONNXError(.externalData, at: place, "the trusted root \(trustedRoot) is not there")
    }
    let prefix = root == "/" ? root : root + "/"
    guard target.hasPrefix(prefix) else {
      throw ONNXError(
        .externalData, at: place,
        "has external data at \(location) in \(directory), which leads to \(target), outside of the trusted root \(root)"
      )
    }
    return try map(target.dropFirst(prefix.count).split(separator: "/").map(String.init), in: root, location, place)
  }

  private func resolved(_ path: String) -> String? {
    guard let buffer = realpath(path, nil) else { return nil }
    defer { free(buffer) }
    return String(cString: buffer)
  }

  /// Opens component after component; a link anywhere on the way is refused.
  private func map(
    _ components: [String], in directory: String, _ location: String, _ place: String
  ) throws(ONNXError) -> Storage {
    func failure(_ code: Int32) -> ONNXError {
      let reason =
        code == ELOOP || code == ENOTDIR
        ? "leads over a link, which is followed beneath a trusted root only, or a file that is no directory"
        : String(cString: strerror(code))
      return ONNXError(.externalData, at: place, "has external data at \(location) in \(directory): \(reason)")
    }
    var current = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard current >= 0 else { throw failure(errno) }
    defer { close(current) }
    for (index, component) in components.enumerated() {
      let isLast = index == components.count - 1
      let flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW | (isLast ? 0 : O_DIRECTORY)
      let next = openat(current, component, flags)
      guard next >= 0 else { throw failure(errno) }
      close(current)
      current = next
    }
    var status = stat()
    guard fstat(current, &status) == 0 else { throw failure(errno) }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw ONNXError(.externalData, at: place, "has external data at \(location), which is not a regular file")
    }
    do { return try Storage.mapping(current, location) } catch {
      throw ONNXError(.externalData, at: place, "has external data at \(location) in \(directory): \(error.message)")
    }
  }
}
