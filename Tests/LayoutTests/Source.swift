/// A reading of source text that suffices for rules about layout.
enum Source {
  /// The modules that lines of Swift import, in order.
  static func imports(in lines: [Substring]) -> [String] {
    let kinds: Set<Substring> = ["struct", "class", "enum", "protocol", "func", "var", "let", "typealias"]
    return code(of: lines).filter { $0.contains("import") }.flatMap { $0.split(separator: ";") }.compactMap {
      statement in
      let words = statement.split(whereSeparator: \.isWhitespace)
      guard let keyword = words.firstIndex(of: "import") else { return nil }
      let modifiers: Set<Substring> = ["public", "package", "internal", "fileprivate", "private"]
      guard words[..<keyword].allSatisfy({ $0.hasPrefix("@") || modifiers.contains($0) }) else { return nil }
      let name = words[(keyword + 1)...].first { !kinds.contains($0) }
      return name?.split(separator: ".").first.map(String.init)
    }
  }

  /// The headers that lines of C include, in order.
  static func includes(in lines: [Substring]) -> [String] {
    lines.compactMap { line in
      let text = line.trimmingPrefix(while: \.isWhitespace)
      guard text.hasPrefix("#"), text.dropFirst().trimmingPrefix(while: \.isWhitespace).hasPrefix("include") else {
        return nil
      }
      let parts = text.split(whereSeparator: { "<>\"".contains($0) })
      return parts.count > 1 ? String(parts[1]) : nil
    }
  }

  /// Lines of Swift without comments and the text of string literals. Code in interpolations goes with the literal.
  static func code(of lines: [Substring]) -> [String] {
    var insideMultilineString = false
    var insideBlockComment = false
    return lines.map { line in
      if line.contains("\"\"\"") {
        let delimiters = line.split(separator: "\"\"\"", omittingEmptySubsequences: false).count - 1
        if delimiters % 2 == 1 { insideMultilineString.toggle() }
        return ""
      }
      if insideMultilineString { return "" }
      if line.utf8.allSatisfy({ $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "/") }), !insideBlockComment {
        return String(line)
      }
      return withoutLiterals(line, insideBlockComment: &insideBlockComment)
    }
  }

  private static func withoutLiterals(_ line: Substring, insideBlockComment: inout Bool) -> String {
    var result = ""
    var insideString = false
    var rest = line.unicodeScalars[...]
    while let scalar = rest.popFirst() {
      let next = rest.first
      if insideBlockComment {
        if scalar == "*", next == "/" {
          insideBlockComment = false
          rest.removeFirst()
        }
      } else if insideString {
        if scalar == "\\" {
          _ = rest.popFirst()
        } else if scalar == "\"" {
          insideString = false
        }
      } else if scalar == "\"" {
        insideString = true
        result += "\"\""
      } else if scalar == "/", next == "/" {
        return result
      } else if scalar == "/", next == "*" {
        insideBlockComment = true
      } else {
        result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  /// Whether a line of code (see `code(of:)`) unwraps by force: a `!` that follows a name, a bracket or `try`/`as`.
  static func unwrapsByForce(_ code: String) -> Bool {
    let bytes = Array(code.utf8)
    return bytes.indices.contains { i in
      guard bytes[i] == UInt8(ascii: "!"), i > 0 else { return false }
      let next = i + 1 < bytes.count ? bytes[i + 1] : UInt8(ascii: " ")
      let before = UnicodeScalar(bytes[i - 1])
      let endsAnExpression =
        before.properties.isAlphabetic || ("0"..."9").contains(before) || "_)]>".unicodeScalars.contains(before)
      return endsAnExpression && next != UInt8(ascii: "=")
    }
  }
}
