/// Character references of HTML5, as Python's `html.unescape` and ftfy decode them.
enum HTMLEntities {
  private struct Entity {
    var scalars: [Unicode.Scalar]
    /// Older names are decoded without their semicolon too.
    var isLegacy: Bool
  }

  private static let entities: [[UInt8]: Entity] = {
    var entities: [[UInt8]: Entity] = [:]
    for word in table.utf8.split(whereSeparator: { $0 == 0x20 || $0 == 0x0a }) {
      guard let mark = word.firstIndex(where: { $0 == UInt8(ascii: "=") || $0 == UInt8(ascii: "!") }) else { continue }
      let codes = word[word.index(after: mark)...].split(separator: UInt8(ascii: "+"))
      let scalars = codes.compactMap { code in
        UInt32(String(decoding: code, as: UTF8.self), radix: 16).flatMap(Unicode.Scalar.init)
      }
      entities[Array(word[..<mark])] = Entity(scalars: scalars, isLegacy: word[mark] == UInt8(ascii: "!"))
    }
    return entities
  }()

  /// Python's `html.unescape`: decodes also older names without semicolon, and such names at the start of longer ones.
  static func unescape(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
    replaceReferences(in: text) { at in
      if let (end, scalar) = numeric(text, at) { return (end, scalar) }
      return named(text, at)
    }
  }

  /// ftfy's stricter form: only references of at most 24 letters and digits with their semicolon, and also names in
  /// capitals (`&EACUTE;`).
  static func unescapeStrictly(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
    replaceReferences(in: text) { at in
      var end = at + 1
      if end < text.count, text[end] == "#" { end += 1 }
      let from = end
      while end < text.count, isAlphanumeric(text[end]), end - from <= 24 { end += 1 }
      guard (1...24).contains(end - from), end < text.count, text[end] == ";" else { return nil }
      if from == at + 2 {
        guard let (stop, scalars) = numeric(text, at), stop == end + 1, !scalars.contains(";") else { return nil }
        return (stop, scalars)
      }
      let name = text[from..<end].map { UInt8(truncatingIfNeeded: $0.value) }
      return (entities[name]?.scalars ?? capitals(name)).map { (end + 1, $0) }
    }
  }

  /// Replaces what `decode` finds at each ampersand: the end of the reference and what it stands for.
  private static func replaceReferences(
    in text: [Unicode.Scalar], _ decode: (Int) -> (end: Int, scalars: [Unicode.Scalar])?
  ) -> [Unicode.Scalar] {
    guard text.contains("&") else { return text }
    var out: [Unicode.Scalar] = []
    out.reserveCapacity(text.count)
    var at = 0
    while at < text.count {
      if text[at] == "&", let (end, scalars) = decode(at) {
        out += scalars
        at = end
      } else {
        out.append(text[at])
        at += 1
      }
    }
    return out
  }

  /// `&#123;`, `&#x7b;`, with or without semicolon.
  private static func numeric(_ text: [Unicode.Scalar], _ at: Int) -> (Int, [Unicode.Scalar])? {
    guard at + 2 < text.count, text[at + 1] == "#" else { return nil }
    let isHexadecimal = text[at + 2] == "x" || text[at + 2] == "X"
    let from = at + (isHexadecimal ? 3 : 2)
    var end = from
    var value: UInt32 = 0
    while end < text.count, text[end].isASCII,
      let digit = Character(text[end]).hexDigitValue, isHexadecimal || digit < 10
    {
      value = min(value * (isHexadecimal ? 16 : 10) + UInt32(digit), 0x11_0000)
      end += 1
    }
    guard end > from else { return nil }
    if end < text.count, text[end] == ";" { end += 1 }
    return (end, scalars(for: value))
  }

  private static func scalars(for value: UInt32) -> [Unicode.Scalar] {
    guard value != 0, let scalar = Unicode.Scalar(value) else { return ["\u{fffd}"] }
    switch value {
    case 0x80...0x9f: return [Windows1252.scalar(for: scalar)]
    case 1...8, 0x0b, 0x0e...0x1f, 0x7f, 0xfdd0...0xfdef: return []
    default: return value & 0xfffe == 0xfffe ? [] : [scalar]
    }
  }

  /// `&name;`, `&name` for older names, and the longest older name at the start of another.
  private static func named(_ text: [Unicode.Scalar], _ at: Int) -> (Int, [Unicode.Scalar])? {
    var end = at + 1
    while end < text.count, end - at <= 32, !"\t\n\u{0c} <&#;".unicodeScalars.contains(text[end]) { end += 1 }
    let name = text[at + 1..<end].map { $0.isASCII ? UInt8(truncatingIfNeeded: $0.value) : 0 }
    if end < text.count, text[end] == ";", let entity = entities[name] { return (end + 1, entity.scalars) }
    for length in stride(from: name.count, through: 2, by: -1) {
      guard let entity = entities[Array(name[..<length])], entity.isLegacy else { continue }
      return (at + 1 + length, entity.scalars)
    }
    return nil
  }

  /// The capitals of what a name in small letters stands for, unless the name in capitals means something by itself.
  private static func capitals(_ name: [UInt8]) -> [Unicode.Scalar]? {
    guard !name.contains(where: { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) }) else { return nil }
    for length in 2...max(2, name.count) where length <= name.count {
      if entities[Array(name[..<length])]?.isLegacy == true { return nil }
    }
    let small = name.map { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) ? $0 + 32 : $0 }
    return entities[small]?.scalars.flatMap { $0.properties.uppercaseMapping.unicodeScalars }
  }

  private static func isAlphanumeric(_ scalar: Unicode.Scalar) -> Bool {
    ("0"..."9").contains(scalar) || ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar)
  }
}
