import ArgumentParser
import Foundation

/// Captions with `{}` for the label.
struct TemplateOptions: ParsableArguments {
  @Option(help: "A caption with {} for the label; may be given several times. (default: a photo of a {}.)")
  var template: [String] = []

  @Option(help: ArgumentHelp("A file of captions with {} for the label, one a line.", valueName: "file"))
  var templates: String?

  var isGiven: Bool { !template.isEmpty || templates != nil }

  /// - Throws: `Failure` for a file that is not there, and a caption without `{}`.
  func captions() throws -> [String] {
    var captions = template
    if let templates {
      guard FileManager.default.fileExists(atPath: templates) else { throw Failure(templates, "is not there") }
      captions += try Labels.read(templates)
    }
    if let wrong = captions.first(where: { !$0.contains("{}") }) {
      throw Failure(templates ?? "--template", "“\(wrong)” has no {} where the label goes")
    }
    return captions.isEmpty ? ["a photo of a {}."] : captions
  }
}
