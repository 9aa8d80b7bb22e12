import Foundation

/// An event file that TensorBoard opens: TFRecords (length, its checksum, data, their checksum) of Event messages.
///
/// Format: TensorFlow's `record_writer.h` and `event.proto`; checksums are CRC-32C, masked.
public final class EventFile {
  private let handle: FileHandle
  public let path: String

  /// - Parameter folder: is made where it is missing; the file in it has a name of its own.
  public init(in folder: String, now: Date = Date()) throws(TrainingError) {
    let seconds = Int(now.timeIntervalSince1970)
    let process = ProcessInfo.processInfo
    path = "\(folder)/events.out.tfevents.\(seconds).\(process.hostName).\(process.processIdentifier).v2"
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      try Data().write(to: URL(fileURLWithPath: path), options: .withoutOverwriting)
      handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
    } catch {
      throw TrainingError(.log, at: folder, "holds no event file: \(error.localizedDescription); name another place")
    }
    var event = ProtobufMessage()
    event.append(1, now.timeIntervalSince1970)
    event.append(3, Data("brain.Event:2".utf8))
    try write(event)
  }

  deinit { try? handle.close() }

  /// Writes the numbers of a step.
  public func write(_ metrics: TrainingMetrics, now: Date = Date()) throws(TrainingError) {
    var summary = ProtobufMessage()
    for (tag, value) in metrics.tagged {
      var item = ProtobufMessage()
      item.append(1, Data(tag.utf8))
      item.append(2, Float(value))
      summary.append(1, item.bytes)
    }
    var event = ProtobufMessage()
    event.append(1, now.timeIntervalSince1970)
    event.append(2, UInt64(max(0, metrics.step)))
    event.append(5, summary.bytes)
    try write(event)
  }

  private func write(_ event: ProtobufMessage) throws(TrainingError) {
    do { try handle.write(contentsOf: EventFile.record(event.bytes)) } catch {
      throw TrainingError(.log, at: path, "cannot be written: \(error.localizedDescription)")
    }
  }

  static func record(_ data: Data) -> Data {
    let length = Data(littleEndian: UInt64(data.count))
    return length + Data(littleEndian: masked(length)) + data + Data(littleEndian: masked(data))
  }

  private static func masked(_ data: Data) -> UInt32 {
    let sum = CRC32C.checksum(data)
    return (sum >> 15 | sum << 17) &+ 0xa282_ead8
  }
}

/// CRC-32 with Castagnoli's polynomial (RFC 3720, appendix B.4).
enum CRC32C {
  private static let table: [UInt32] = (0..<256).map { byte in
    (0..<8).reduce(UInt32(byte)) { sum, _ in sum & 1 == 1 ? sum >> 1 ^ 0x82f6_3b78 : sum >> 1 }
  }

  static func checksum(_ data: Data) -> UInt32 {
    ~data.reduce(~UInt32(0)) { sum, byte in sum >> 8 ^ table[Int((sum ^ UInt32(byte)) & 0xff)] }
  }
}

/// The fields of a protobuf message on the wire.
struct ProtobufMessage {
  private(set) var bytes = Data()

  mutating func append(_ field: UInt64, _ number: Double) {
    varint(field << 3 | 1)
    bytes += Data(littleEndian: number.bitPattern)
  }

  mutating func append(_ field: UInt64, _ number: Float) {
    varint(field << 3 | 5)
    bytes += Data(littleEndian: number.bitPattern)
  }

  mutating func append(_ field: UInt64, _ number: UInt64) {
    varint(field << 3)
    varint(number)
  }

  /// Text, or a message in a message.
  mutating func append(_ field: UInt64, _ data: Data) {
    varint(field << 3 | 2)
    varint(UInt64(data.count))
    bytes += data
  }

  private mutating func varint(_ number: UInt64) {
    var rest = number
    while rest >= 0x80 {
      bytes.append(UInt8(rest & 0x7f | 0x80))
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }
}

extension Data {
  fileprivate init(littleEndian number: some FixedWidthInteger) {
    self = Swift.withUnsafeBytes(of: number.littleEndian) { Data($0) }
  }
}
