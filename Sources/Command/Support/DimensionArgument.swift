import ArgumentParser

/// `batch=8,sequence=77`.
struct DimensionArgument: ExpressibleByArgument {
  var values: [String: Int] = [:]

  init?(argument: String) {
    for part in argument.split(separator: ",") {
      let sides = part.split(separator: "=", omittingEmptySubsequences: false)
      guard sides.count == 2, !sides[0].isEmpty, let size = Int(sides[1]), size > 0 else { return nil }
      values[String(sides[0])] = size
    }
    if values.isEmpty { return nil }
  }
}
