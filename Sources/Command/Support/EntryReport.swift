import CLIPModel
import ClipGraph
import Graphs

/// How a graph file is entered as a CLIP, as `clipgraph inspect` shows it.
struct EntryReport: Encodable {
  struct Way: Encodable {
    var input: String
    var inputType: String
    var output: String
    var outputType: String
    /// Other inputs that must be given.
    var companions: [String]?
    var batch: Int?

    init(_ entry: EntryPoints.Entry, companions: [String] = []) {
      (input, inputType) = (entry.input, "\(entry.inputType)")
      (output, outputType) = (entry.output, "\(entry.outputType)")
      self.companions = companions.isEmpty ? nil : companions
      batch = entry.batch
    }

    var words: String {
      "\(input) \(inputType) → \(output) \(outputType)"
        + (companions.map { ", with \($0.joined(separator: ", "))" } ?? "")
    }
  }

  var image: Way?
  var text: Way?
  /// The tokenizer's kind.
  var tokenizer: String?
  var assumptions: [Assumption]
  /// Why the inputs cannot be prepared, if so.
  var complaint: String?

  /// nil for a graph that is no CLIP.
  init?(_ model: Model, file: String) {
    let points = EntryPoints(model.graph)
    guard points.image != nil || points.text != nil else { return nil }
    image = points.image.map { Way($0) }
    text = points.text.map { Way($0, companions: points.companions.map(\.name)) }
    assumptions = points.assumptions
    do {
      let assets = try ModelAssets(model, points, file: file)
      tokenizer = assets.tokenizer?.kind.rawValue
      assumptions += assets.assumptions
    } catch { complaint = Failure.line(of: error) }
  }

  var lines: [String] {
    var table = TextTable([.left, .left])
    if let image { table.add("  image", image.words) }
    if let text { table.add("  text", text.words) }
    var lines = ["entry points"] + table.lines
    if text != nil {
      lines.append("  tokenizer  " + (tokenizer ?? "none; converter/fetch_assets fetches CLIP's for --tokenizer"))
    }
    if let complaint { lines.append("  " + complaint) }
    return lines + (assumptions.isEmpty ? [] : ["assumptions"]) + assumptions.map { "  \(Failure.line("\($0)"))" }
  }
}
