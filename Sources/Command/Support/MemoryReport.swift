import Runtime

/// A program's cost and memory plan, as `clipgraph inspect` shows them.
struct MemoryReport: Encodable {
  struct Block: Encodable {
    var name: String
    var bytes: Int
  }

  var dimensions: [String: Int]
  var flops: Int
  var steps: Int
  var arenaBytes: Int
  /// What the arena would need if no two tensors shared memory.
  var tensorBytes: Int
  /// The largest set of tensors that live at the same time.
  var lowerBoundBytes: Int
  var constantBytes: Int
  var stateBytes: Int
  /// The largest tensors that live where most memory is used.
  var peakStep: String?
  var peakBlocks: [Block]

  init(_ program: Program, dimensions: [String: Int]) {
    let plan = program.memory
    self.dimensions = dimensions
    (flops, steps) = (program.flops, program.steps.count)
    (arenaBytes, tensorBytes, lowerBoundBytes) = (plan.arenaByteCount, plan.tensorByteCount, plan.lowerBound)
    (constantBytes, stateBytes) = (plan.constantByteCount, plan.stateByteCount)
    let profile = plan.profile
    if let peak = profile.indices.max(by: { profile[$0] < profile[$1] }) {
      peakStep = program.steps.indices.contains(peak) ? program.steps[peak].name : nil
      peakBlocks = plan.alive(at: peak).prefix(8).map { Block(name: $0.name, bytes: $0.byteCount) }
    } else {
      peakBlocks = []
    }
  }

  var place: String {
    dimensions.isEmpty
      ? "" : " at " + dimensions.sorted { $0.key < $1.key }.map { "\($0.key) = \($0.value)" }.joined(separator: ", ")
  }

  var lines: [String] {
    var lines = ["memory plan\(place) (\(steps) steps)"]
    var table = TextTable([.left, .right])
    table.add("  arena", Quantity.bytes(arenaBytes))
    table.add("  sum of all tensors", Quantity.bytes(tensorBytes))
    table.add("  lower bound (largest live set)", Quantity.bytes(lowerBoundBytes))
    table.add("  constants, not copied", Quantity.bytes(constantBytes))
    if stateBytes > 0 { table.add("  states", Quantity.bytes(stateBytes)) }
    lines += table.lines
    if let peakStep { lines.append("  alive at \(peakStep):") }
    return lines + peakBlocks.map { "    \(Quantity.bytes($0.bytes))  \($0.name)" }
  }
}
