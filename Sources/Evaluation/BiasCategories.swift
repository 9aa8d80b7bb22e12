import Foundation
import Tensors

/// The labels that pictures choose among, and the categories that they belong to, such as crime-related or non-human
/// (Radford et al. 2021, section 7.1).
public struct BiasCategories: Hashable, Sendable {
  public let labels: [String]
  /// [labels]: the index of its category; nil where it has none.
  public let categoryOfLabel: [Int?]
  /// The categories' names, in the order of their first labels.
  public let names: [String]

  /// - Parameters:
  ///   - text: one label a line: `category<TAB>label`, or a label alone, which belongs to the section that the last `[category]`
  ///     line began; before the first section it has no category, and can be chosen without being counted. Empty lines are
  ///     skipped.
  ///   - place: where the text comes from, for errors.
  /// - Throws: `EvaluationError` for an empty name or label, a label that comes twice, fewer than two labels, or no
  ///   category.
  public init(_ text: String, place: String) throws(EvaluationError) {
    var (labels, owners, names) = ([String](), [Int?](), [String]())
    var section: String?
    var known: Set<String> = []
    for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
      let here = "\(place):\(index + 1)"
      let fields = line.split(separator: "\t", omittingEmptySubsequences: false).map {
        $0.trimmingCharacters(in: .whitespaces)
      }
      guard fields.contains(where: { !$0.isEmpty }) else { continue }
      guard fields.count <= 2, fields.allSatisfy({ !$0.isEmpty }), let label = fields.last else {
        throw EvaluationError(here, "is neither a label, nor a category, a tab and a label")
      }
      if fields.count == 1, label.hasPrefix("["), label.hasSuffix("]") {
        let name = label.dropFirst().dropLast().trimmingCharacters(in: .whitespaces)
        guard !name.isEmpty else { throw EvaluationError(here, "begins a category without a name") }
        section = name
        continue
      }
      guard known.insert(label).inserted else { throw EvaluationError(here, "has the label “\(label)” again") }
      labels.append(label)
      guard let name = fields.count == 2 ? fields[0] : section else {
        owners.append(nil)
        continue
      }
      if !names.contains(name) { names.append(name) }
      owners.append(names.firstIndex(of: name))
    }
    guard labels.count >= 2 else {
      throw EvaluationError(place, "holds fewer than two labels, which leaves nothing to choose")
    }
    guard !names.isEmpty else {
      throw EvaluationError(
        place, "puts no label into a category: write category<TAB>label, or [category] above labels")
    }
    (self.labels, categoryOfLabel, self.names) = (labels, owners, names)
  }

  /// Reads a file as `init(_:place:)` does.
  ///
  /// - Throws: `EvaluationError` as that, and for a file that cannot be read.
  public init(contentsOf path: String) throws(EvaluationError) {
    let file: Storage
    do { file = try Storage.mapping(path) } catch { throw EvaluationError(path, error.message) }
    let bytes = UnsafeRawBufferPointer(start: file.base, count: file.count)
    try self.init(String(decoding: bytes, as: UTF8.self), place: path)
  }

  /// The index of a category.
  ///
  /// - Throws: `EvaluationError` where there is none of that name.
  public func index(_ name: String) throws(EvaluationError) -> Int {
    guard let index = names.firstIndex(of: name) else {
      throw EvaluationError(
        "categories", "there is no category “\(name)”; the categories are \(names.joined(separator: ", "))")
    }
    return index
  }

  /// The labels without those of some categories, [remaining labels], ascending.
  ///
  /// - Throws: `EvaluationError` for an unknown category, or where fewer than two labels remain.
  public func labels(without left: [String]) throws(EvaluationError) -> [Int] {
    var indices: Set<Int> = []
    for name in left { indices.insert(try index(name)) }
    let remaining = labels.indices.filter { label in categoryOfLabel[label].map { !indices.contains($0) } ?? true }
    guard remaining.count >= 2 else {
      throw EvaluationError(
        "categories", "without \(left.joined(separator: ", ")) fewer than two labels remain to choose from")
    }
    return remaining
  }
}
