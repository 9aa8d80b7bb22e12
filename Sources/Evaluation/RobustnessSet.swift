import Datasets

/// A data set of `Robustness`: where it is, and how its classes go with the labels.
public struct RobustnessSet: Sendable {
  public let name: String
  public let data: any SampleSource
  /// [classes of the data]: the label (its index) that each of the data's classes is.
  public let classes: [Int]
  /// The indices of the labels that the set's pictures choose among, ascending; nil for all.
  public let subset: [Int]?

  /// - Parameters:
  ///   - labels: all labels of the reference set.
  ///   - subset: the labels that the set has, for sets like ImageNet-A and -R; nil for all. `KEY.cls` k is the k-th of them.
  ///   - folders: the names of the data's class folders, in the order of the samples' labels; nil for other data. Where all of
  ///     them are labels of the set they count by name; where all are whole numbers, as indices; else by order, and there must
  ///     be one for each label of the set.
  /// - Throws: `EvaluationError` for a subset with fewer than two labels, an unknown label or one that comes twice, and for
  ///   folders that are not the set's.
  public init(
    name: String, data: any SampleSource, labels: [String], subset: [String]? = nil, folders: [String]? = nil
  ) throws(EvaluationError) {
    (self.name, self.data) = (name, data)
    let own = subset ?? labels
    var places: [String: Int] = [:]
    for (index, label) in labels.enumerated() where places[label] == nil { places[label] = index }
    var indices = Array(labels.indices)
    if let subset {
      indices = []
      for label in subset {
        guard let index = places[label] else {
          throw EvaluationError(name, "the class subset has “\(label)”, which is none of the \(labels.count) labels")
        }
        guard !indices.contains(index) else { throw EvaluationError(name, "the class subset has “\(label)” twice") }
        indices.append(index)
      }
      guard indices.count >= 2 else {
        throw EvaluationError(name, "the class subset has fewer than two labels, which leaves nothing to choose")
      }
    }
    self.subset = subset == nil ? nil : indices.sorted()
    guard let folders else {
      classes = indices
      return
    }
    let numbers = folders.compactMap { Int($0) }
    let named = folders.filter(own.contains)
    if named.count == folders.count {
      classes = folders.compactMap { places[$0] }
    } else if numbers.count == folders.count {
      if let wrong = numbers.first(where: { !indices.indices.contains($0) }) {
        throw EvaluationError(name, "has a folder of class \(wrong), but there are only \(indices.count) labels")
      }
      classes = numbers.map { indices[$0] }
    } else if named.isEmpty, folders.count == indices.count {
      classes = indices
    } else if let stranger = folders.first(where: { !own.contains($0) }), !named.isEmpty {
      throw EvaluationError(name, "has the class folder “\(stranger)”, which is none of its \(own.count) labels")
    } else {
      throw EvaluationError(
        name, "has \(folders.count) class folders, but \(own.count) labels; give its labels as a class subset")
    }
  }
}
