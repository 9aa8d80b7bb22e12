import ArgumentParser
import ClipGraph
import Graphs
import Passes
import Runtime

/// `clipgraph inspect F.onnx`.
struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect", abstract: "Shows what is inside a graph file.",
    discussion: """
      Inputs, outputs, operators, entry points (which inputs take pictures and captions, and where their features are), what is \
      assumed of a file of another program, parameters, floating-point operations, metadata, and the training algorithm if \
      there is one. FLOPs and the memory plan are of one item and the full context, unless --dim says otherwise. A training \
      step whose captions need no padding has a dimension rows besides: how many tokens they have on average.

      Examples:
        clipgraph inspect shapes.onnx --memory --dim batch=8,sequence=24
        clipgraph inspect foreign.onnx --optimized
        clipgraph inspect foreign.onnx --explain FuseLayerNormalization
      """)

  @Argument(help: "A graph file.")
  var file: String

  @OptionGroup var trust: TrustOptions

  @Flag(help: "Print the graph before and after the passes, how many nodes each has, and the operators that are left.")
  var optimized = false

  @Flag(help: "Print the memory plan: the arena, the sum of all tensors, the lower bound.")
  var memory = false

  @Option(help: ArgumentHelp("Say where a rewrite rule was applied, and why not elsewhere.", valueName: "rule"))
  var explain: String?

  @Flag(help: "Look at the training algorithm instead of the inference graph.")
  var training = false

  @Option(help: "With --training: what the backward part keeps of the forward part. (default: cheap, as of train)")
  var recompute: Recomputation?

  @Option(help: ArgumentHelp("Sizes of named dimensions.", valueName: "batch=8,sequence=77"))
  var dim: DimensionArgument?

  @Option(help: ArgumentHelp("Stop the passes after N rewrites, to find the one that does harm.", valueName: "n"))
  var stopAfterRewrite: Int?

  @Flag(help: "Print JSON.")
  var json = false

  func validate() throws {
    if stopAfterRewrite != nil && !optimized && explain == nil {
      throw ValidationError("--stop-after-rewrite needs --optimized or --explain")
    }
    if recompute != nil && !training { throw ValidationError("--recompute needs --training") }
    if let stopAfterRewrite, stopAfterRewrite < 0 { throw ValidationError("--stop-after-rewrite must be 0 or more") }
  }

  func run() throws {
    let model = try readModel(file, trustedRoot: trust.trustedRoot)
    let graph = try subject(of: model)
    let pipeline: Pipeline = training ? .training : .inference
    let log = try explain.map { rule throws(Failure) in
      let names = Set(pipeline.passes.flatMap { ($0 as? Rules)?.rules.map(\.name) ?? [] }).sorted()
      guard names.contains(rule) else {
        throw Failure("--explain", "there is no rule \(rule); the rules are \(names.joined(separator: ", "))")
      }
      return RewriteLog(explaining: rule)
    }
    var report = Report(summary: ModelSummary(model, file: file))
    if !training { report.entryPoints = EntryReport(model, file: file) }
    if optimized || log != nil {
      let after = try pipeline.run(graph, log: log, limit: stopAfterRewrite ?? .max)
      if optimized {
        (report.graphBefore, report.graphAfter) = (graph.description, after.description)
        report.operatorsAfter = after.operatorCounts.map { .init(name: $0.name, count: $0.count) }
        (report.nodesBefore, report.nodesAfter) = (graph.nodes.count, after.nodes.count)
      }
    }
    if let log, let explain { report.explanation = Explanation(log, rule: explain) }
    do {
      let engine = try Engine(
        graph, compilation: training ? .training : .inference, recomputation: recompute ?? .cheap,
        captions: training ? StepInputs.captions(of: graph) : nil)
      let dimensions = try dimensions(of: graph, model, rows: engine.captionRows)
      if let missing = graph.symbols.subtracting(dimensions.keys).min() {
        report.note = "FLOPs and memory need the size of \(missing): add --dim \(missing)=N"
      } else {
        let program = try engine.session.program(dimensions, updates: training)
        report.program = MemoryReport(program, dimensions: dimensions)
      }
    } catch let error as Failure { throw error } catch {
      report.note = "FLOPs and memory are not known: \(Failure.line(of: error))"
    }
    if json { return try StandardOutput.json(report) }
    for line in report.lines(withMemory: memory) { try StandardOutput.line(line) }
  }

  private func subject(of model: Model) throws(Failure) -> Graph {
    guard training else { return model.graph }
    guard let algorithm = model.training?.step else {
      throw Failure(file, "has no training algorithm (TrainingInfoProto); clipgraph export … --training writes one")
    }
    return algorithm
  }

  /// The number of items is 1 and the length of captions the model's context length, unless --dim says otherwise.
  ///
  /// - Parameter rows: the symbol for the rows of captions that are computed: as many as a caption has places.
  private func dimensions(of graph: Graph, _ model: Model, rows: String?) throws(Failure) -> [String: Int] {
    let points = EntryPoints(model.graph)
    let length = (try? ModelAssets(model, points, file: file))?.contextLength
    var defaults = ["batch": training ? 2 : 1, "sequence": length ?? 77]
    for input in graph.inputs {
      if let batch = graph[input].type.shape.dimensions.first?.symbolName, !training { defaults[batch] = 1 }
    }
    if let tokens = points.text?.inputType.shape[1].symbolName, let length { defaults[tokens] = length }
    if let rows, let text = StepInputs.captions(of: graph).flatMap({ graph.value(named: $0) }) {
      let places = graph[text].type.shape[1]
      defaults[rows] = places.constant ?? places.symbolName.flatMap { dim?.values[$0] ?? defaults[$0] }
    }
    let symbols = graph.symbols.union(rows.map { [$0] } ?? [])
    if let unknown = dim?.values.keys.filter({ !symbols.contains($0) }).min() {
      throw Failure("--dim", "there is no dimension \(unknown); there are: \(symbols.sorted().joined(separator: ", "))")
    }
    return defaults.merging(dim?.values ?? [:]) { $1 }.filter { symbols.contains($0.key) }
  }
}

extension InspectCommand {
  /// Why a rule was applied or not.
  struct Explanation: Encodable {
    struct Refusal: Encodable {
      var place: String
      var reason: String
    }
    var rule: String
    var applied: Int
    var declined: [Refusal]

    init(_ log: RewriteLog, rule: String) {
      self.rule = rule
      applied = log.applications[rule] ?? 0
      declined = log.declined(rule).map { Refusal(place: $0.place, reason: $0.reason) }
    }

    var lines: [String] {
      ["\(rule): applied \(applied) times"] + declined.map { "  declined at \($0.place): \($0.reason)" }
    }
  }

  /// All that was asked for.
  struct Report: Encodable {
    var summary: ModelSummary
    var entryPoints: EntryReport?
    var program: MemoryReport?
    var note: String?
    var graphBefore: String?
    var graphAfter: String?
    var nodesBefore: Int?
    var nodesAfter: Int?
    var operatorsAfter: [ModelSummary.OperatorUse]?
    var explanation: Explanation?

    init(summary: ModelSummary) { self.summary = summary }

    func lines(withMemory: Bool) -> [String] {
      var lines = summary.lines + (entryPoints?.lines ?? [])
      if let program { lines.append("cost\(program.place)  \(Quantity.flops(program.flops))") }
      if let note { lines.append(note) }
      if withMemory, let program { lines += [""] + program.lines }
      if let graphBefore, let graphAfter {
        lines += ["", "before the passes", graphBefore, "after the passes", graphAfter]
        if let nodesBefore, let nodesAfter {
          lines.append("nodes: \(nodesBefore) before, \(nodesAfter) after the passes")
        }
        lines += (operatorsAfter ?? []).map { "  \($0.count) \($0.name)" }
      }
      if let explanation { lines += [""] + explanation.lines }
      return lines
    }
  }
}
