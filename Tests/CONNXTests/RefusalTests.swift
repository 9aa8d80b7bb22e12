import CONNX
import Testing

/// Ill-formed and excessive files: one clear error each, naming kind and place.
@Suite struct RefusalTests {
  struct Case: CustomTestStringConvertible, Sendable {
    let name: String
    let file: [UInt8]
    var kind = CONNX_MALFORMED
    let says: String
    var testDescription: String { name }
  }

  static let cases: [Case] = [
    Case(name: "empty", file: [], says: "empty"),
    Case(name: "field number 0", file: [0x00, 0x00], says: "field number 0"),
    Case(name: "wire type 6", file: Wire.tag(1, 6), says: "illegal wire type"),
    Case(name: "group", file: Wire.tag(99, 3) + Wire.tag(99, 4), says: "groups"),
    Case(name: "endless tag", file: [UInt8](repeating: 0x80, count: 12), says: "tag"),
    Case(name: "endless varint", file: Wire.tag(1, 0) + [UInt8](repeating: 0xff, count: 11), says: "ir_version"),
    Case(name: "varint of 70 bits", file: Wire.tag(1, 0) + [UInt8](repeating: 0xff, count: 9) + [2], says: "varint"),
    Case(name: "length 2^63 - 1", file: Wire.tag(7, 2) + Wire.varint(.max >> 1), says: "graph: ill-formed length"),
    Case(name: "length 2^64 - 1", file: Wire.tag(7, 2) + Wire.varint(.max), says: "graph: ill-formed length"),
    Case(name: "length 2^35 - 1", file: Wire.tag(7, 2) + Wire.varint(1 << 35 - 1), says: "runs past the end"),
    Case(
      name: "child longer than parent", file: Wire.bytes(7, Wire.tag(5, 2) + [9]) + [UInt8](repeating: 8, count: 20),
      says: "graph.initializer: length runs past"),
    Case(name: "text where a number belongs", file: Wire.string(1, "8"), says: "wire type does not fit"),
    Case(name: "number where a message belongs", file: Wire.number(7, 1), says: "graph: the wire type"),
    Case(name: "packed floats cut", file: Wire.model(tensor: Wire.bytes(4, [0, 0, 0])), says: "packed"),
    Case(name: "packed varint cut", file: Wire.model(tensor: Wire.bytes(7, [0x80])), says: "int64_data: ill-formed"),
    Case(name: "NUL in a name", file: Wire.bytes(2, [0x61, 0, 0x62]), says: "producer_name: a string must be UTF-8"),
    Case(name: "overlong UTF-8", file: Wire.bytes(2, [0xc0, 0xaf]), says: "UTF-8"),
    Case(name: "surrogate", file: Wire.bytes(2, [0xed, 0xa0, 0x80]), says: "UTF-8"),
    Case(name: "cut UTF-8", file: Wire.bytes(2, [0xe2, 0x82]), says: "UTF-8"),
    Case(
      name: "rank 65", file: Wire.model(tensor: (0..<65).flatMap { _ in Wire.number(1, 1) }),
      kind: CONNX_LIMIT_EXCEEDED, says: "more than 64 dimensions"),
    Case(
      name: "packed rank 65", file: Wire.model(tensor: Wire.bytes(1, [UInt8](repeating: 1, count: 65))),
      kind: CONNX_LIMIT_EXCEEDED, says: "more than 64 dimensions"),
  ]

  @Test(arguments: cases)
  func isRefused(_ one: Case) throws {
    let refusal = try #require(throws: Refusal.self) { try OpenedModel(one.file) }
    #expect(refusal.kind == one.kind)
    #expect(refusal.message.contains(one.says), "\(refusal.message)")
    #expect(refusal.offset <= one.file.count)
  }

  /// A sequence type of sequence types … in a value's type: 3 messages lead to the outermost TypeProto, two a level.
  static func nested(levels: Int) -> [UInt8] {
    var type: [UInt8] = []
    for _ in 0..<levels { type = Wire.bytes(4, Wire.bytes(1, type)) }
    return Wire.bytes(7, Wire.bytes(11, Wire.bytes(2, type)))
  }

  @Test func depthIsLimited() throws {
    _ = try OpenedModel(Self.nested(levels: 30))
    for levels in [31, 100, 1500] {
      let refusal = try #require(throws: Refusal.self) { try OpenedModel(Self.nested(levels: levels)) }
      #expect(refusal.kind == CONNX_LIMIT_EXCEEDED)
      #expect(refusal.message.contains("nested more than 64 deep"))
    }
  }

  @Test func countsAreLimited() throws {
    let nodes = [[UInt8]](repeating: Wire.bytes(1, []), count: 1 << 20 + 1).flatMap(\.self)
    let refusal = try #require(throws: Refusal.self) { try OpenedModel(Wire.bytes(7, nodes)) }
    #expect(refusal.kind == CONNX_LIMIT_EXCEEDED)
    #expect(refusal.message.contains("nodes"))
  }

  /// Two bytes of file become hundreds in memory: the budget stops it.
  @Test func memoryIsLimited() throws {
    let tensors = [[UInt8]](repeating: Wire.bytes(5, []), count: 1_000_000).flatMap(\.self)
    let refusal = try #require(throws: Refusal.self) { try OpenedModel(Wire.bytes(7, tensors)) }
    #expect(refusal.kind == CONNX_LIMIT_EXCEEDED)
    #expect(refusal.message.contains("memory"))
  }

  /// Merging one message again and again copies what was read so far, every time.
  @Test func mergingIsLimited() throws {
    let graphs = [[UInt8]](repeating: Wire.bytes(7, Wire.bytes(1, [])), count: 50_000).flatMap(\.self)
    let refusal = try #require(throws: Refusal.self) { try OpenedModel(graphs) }
    #expect(refusal.kind == CONNX_LIMIT_EXCEEDED)
  }
}
