extension ModelSummary {
  /// The summary as lines for a reader.
  var lines: [String] {
    var lines = [file]
    lines += section("inputs", ports(inputs)) + section("outputs", ports(outputs))
    lines += section("operators (\(nodes) nodes)", counts(operators))
    lines += [
      "parameters  \(Quantity.count(parameters)), \(Quantity.bytes(constantBytes)) of constants"
    ]
    lines += section("metadata", metadata.map { "\($0.key): \(ModelSummary.shortened($0.value))" })
    if let training { lines += text(of: training) }
    return lines
  }

  private func text(of training: Training) -> [String] {
    var facts = [
      "states: \(training.states), \(Quantity.bytes(training.stateBytes))",
      "initialization: \(training.hasInitialization ? "yes" : "none")",
    ]
    if let loss = training.loss { facts.append("loss: \(loss)") }
    if let positives = training.positives { facts.append("positives: \(positives)") }
    if let steps = training.stepsTaken { facts.append("steps taken: \(steps)") }
    facts += training.hyperparameters.sorted { $0.key < $1.key }.map { "\($0.key) = \(Quantity.significant($0.value))" }
    return ["training"] + section("  inputs", ports(training.inputs), "    ")
      + section("  outputs", ports(training.outputs), "    ") + facts.map { "  " + $0 }
      + section("  operators", counts(training.operators), "    ")
  }

  private func section(_ title: String, _ body: [String], _ indent: String = "  ") -> [String] {
    body.isEmpty ? [] : [title] + body.map { indent + $0 }
  }

  private func ports(_ ports: [Port]) -> [String] {
    var table = TextTable([.left, .left])
    for port in ports { table.add(port.name, port.type) }
    return table.lines
  }

  private func counts(_ operators: [OperatorUse]) -> [String] {
    var table = TextTable([.right, .left])
    for use in operators { table.add(String(use.count), use.name) }
    return table.lines
  }

  /// At most one line of a value.
  private static func shortened(_ value: String) -> String {
    let line = value.prefix { !$0.isNewline }
    let cut = line.prefix(100)
    return cut.utf8.count == value.utf8.count ? value : "\(cut)… (\(Quantity.bytes(value.utf8.count)))"
  }
}
