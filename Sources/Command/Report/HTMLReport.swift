/// A page that needs nothing beside it: text, plots and tables in one file.
struct HTMLReport {
  enum Block {
    case text(String)
    /// A drawing, and words below it; empty for none.
    case figure(svg: String, caption: String)
    case table(HTMLTable)
    /// A table that opens at a click on its name.
    case folded(String, HTMLTable)
  }

  struct Section {
    var heading: String
    var blocks: [Block]

    init(_ heading: String, _ blocks: [Block]) {
      (self.heading, self.blocks) = (heading, blocks)
    }
  }

  var title: String
  /// What is said below the title; empty for nothing.
  var subtitle = ""
  /// The main numbers, and what they belong to.
  var summary: [(name: String, value: String)] = []
  var sections: [Section] = []
  /// Words at the end of the page.
  var footer = "Written by clipgraph."

  var html: String {
    let name = HTMLEscape.text(title)
    return """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
      <meta name="color-scheme" content="light dark">
      <title>\(name)</title>
      <style>
      \(ReportStyle.css)
      </style>
      </head>
      <body>
      <header>
      <h1>\(name)</h1>
      \(Self.paragraph(subtitle, style: "muted"))\(summaryMarkup)</header>
      <main>
      \(sections.map { Self.markup($0) }.joined())</main>
      <footer>
      \(Self.paragraph(footer))</footer>
      </body>
      </html>

      """
  }

  private var summaryMarkup: String {
    guard !summary.isEmpty else { return "" }
    let rows = summary.map { row in
      "<tr><th scope=\"row\">\(HTMLEscape.text(row.name))</th><td class=\"text\">\(HTMLEscape.text(row.value))</td></tr>\n"
    }
    return "<div class=\"summary\"><table><tbody>\n\(rows.joined())</tbody></table></div>\n"
  }

  private static func paragraph(_ text: String, style: String? = nil) -> String {
    guard !text.isEmpty else { return "" }
    return "<p\(style.map { " class=\"\($0)\"" } ?? "")>\(HTMLEscape.text(text))</p>\n"
  }

  private static func markup(_ section: Section) -> String {
    "<section>\n<h2>\(HTMLEscape.text(section.heading))</h2>\n\(section.blocks.map { markup($0) }.joined())</section>\n"
  }

  private static func markup(_ block: Block) -> String {
    switch block {
    case .text(let text): return paragraph(text)
    case .table(let table): return table.html
    case .folded(let name, let table):
      return "<details>\n<summary>\(HTMLEscape.text(name))</summary>\n\(table.html)</details>\n"
    case .figure(let svg, let caption):
      let words = caption.isEmpty ? "" : "<figcaption>\(HTMLEscape.text(caption))</figcaption>\n"
      return "<figure>\n<div class=\"wide\" tabindex=\"0\">\n\(svg)</div>\n\(words)</figure>\n"
    }
  }
}
