import Graphs
import Operators
import Tensors
import Testing
import TrainingGraphs

@testable import Passes

/// What `Recomputation.blocks` keeps beside the bottlenecks.
struct RecomputationBudgetTests {
  static let budgets = [0, 500, 1000, 2000, 4000, 8000, 16000, 32000, .max]

  /// A step on two pairs, fused.
  private func step(quickGELU: Bool = true) throws -> Graph {
    let configuration = try CLIPTests.configuration(quickGELU: quickGELU)
    let step = try TrainingInfo.contrastive(
      training: CLIPTests.model(quickGELU: quickGELU), configuration, Hyperparameters(), seed: 1
    ).step
    return try Pipeline.training.run(try step.bound(["batch": 2, "sequence": 5])).pruned()
  }

  private func copies(_ graph: Graph) -> [Node] { graph.nodes.filter { $0.name.hasPrefix("recomputed/") } }

  @Test func nothingIsKeptBesideTheBottlenecksForNothing() throws {
    let forward = ForwardPart(of: try step())
    let bottlenecks = forward.keptBetweenBlocks()
    #expect(forward.keeping(bottlenecks, andProductsWithin: 0) == bottlenecks)
    #expect(forward.keeping(bottlenecks, andProductsWithin: -1) == bottlenecks)
    #expect(forward.repeatedNodes(keeping: bottlenecks).contains { ForwardPart.isHeavy(forward.graph.nodes[$0].op) })
  }

  @Test func whatIsKeptFitsAndGrowsWithTheBudget() throws {
    let graph = try step()
    let forward = ForwardPart(of: graph)
    let bottlenecks = forward.keptBetweenBlocks()
    var before = (kept: bottlenecks, repeated: forward.repeatedNodes(keeping: bottlenecks), copies: Int.max)
    for budget in Self.budgets {
      let kept = forward.keeping(bottlenecks, andProductsWithin: budget)
      let repeated = forward.repeatedNodes(keeping: kept)
      let count = copies(try Recomputation.blocks.applied(to: graph, budget: budget)).count
      let bytes = kept.subtracting(bottlenecks).reduce(0) { sum, value in
        sum + (graph[value].type.shape.sizes ?? []).reduce(4, *)
      }
      #expect(bytes <= budget && kept.isSuperset(of: before.kept), "\(budget)")
      #expect(repeated.isSubset(of: before.repeated) && count <= before.copies, "\(budget)")
      #expect(kept == forward.keeping(bottlenecks, andProductsWithin: budget))
      before = (kept, repeated, count)
    }
    #expect(before.kept.count > bottlenecks.count)
  }

  @Test func thatNodesAreRepeatedIsWhatTheRewrittenStepShows() throws {
    let graph = try step()
    let forward = ForwardPart(of: graph)
    for budget in Self.budgets {
      let kept = forward.keeping(forward.keptBetweenBlocks(), andProductsWithin: budget)
      let expected = forward.repeatedNodes(keeping: kept).map { "recomputed/" + graph.nodes[$0].name }
      // An activation at a product's end comes again by itself.
      let names = copies(try Recomputation.blocks.applied(to: graph, budget: budget)).filter { node in
        !(node.op is QuickGelu) || expected.contains(node.name)
      }.map(\.name)
      #expect(names.sorted() == expected.sorted(), "\(budget)")
    }
  }

  @Test(arguments: [false, true])
  func withEnoughNoProductComesAgainAndNoneIsKeptForNothing(quickGELU: Bool) throws {
    let graph = try step(quickGELU: quickGELU)
    let forward = ForwardPart(of: graph)
    let bottlenecks = forward.keptBetweenBlocks()
    let rewritten = try Recomputation.blocks.applied(to: graph, budget: .max)
    let repeated = copies(rewritten)
    #expect(repeated.allSatisfy { !ForwardPart.isHeavy($0.op) }, "\(repeated.map(\.name))")
    #expect(repeated.contains { $0.op is LayerNormalization })
    #expect(repeated.contains { $0.op is Gelu || $0.op is QuickGelu })
    // Everything kept is read by backward or by a copy.
    let after = ForwardPart(of: rewritten)
    let read = Set(
      rewritten.nodes.indices.filter { index in
        !after.contains(node: index) || rewritten.nodes[index].name.hasPrefix("recomputed/")
      }.flatMap { rewritten.nodes[$0].inputs.compactMap { $0.map { rewritten[$0].name } } })
    let kept = forward.keeping(bottlenecks, andProductsWithin: .max).subtracting(bottlenecks)
    #expect(!kept.isEmpty && read.isSuperset(of: kept.map { graph[$0].name }))
  }

  /// Of products and convolutions a byte takes half as many operations as terms are summed for an element.
  @Test func theCostliestForTheirSizeComeFirst() throws {
    let graph = try step()
    let forward = ForwardPart(of: graph)
    let bottlenecks = forward.keptBetweenBlocks()
    func terms(_ index: Int) -> Int? {
      let node = graph.nodes[index]
      let sizes = node.inputs.prefix(2).map { $0.flatMap { graph[$0].type.shape.sizes } ?? [] }
      return node.op is Linear ? sizes[0].last : node.op is Conv ? sizes[1].dropFirst().reduce(1, *) : nil
    }
    var compared = 0
    for budget in Self.budgets {
      let kept = forward.keeping(bottlenecks, andProductsWithin: budget)
      let made = kept.subtracting(bottlenecks).compactMap { forward.producer(of: $0).flatMap(terms) }
      let repeated = forward.repeatedNodes(keeping: kept).compactMap(terms)
      guard let least = made.min(), let most = repeated.max() else { continue }
      #expect(least >= most, "\(budget)")
      compared += 1
    }
    #expect(compared > 0)
  }

  @Test func aFifthOfTheStatesUnlessSomethingElseIsSaid() throws {
    let graph = try step()
    var bytes = 0
    for update in graph.updates { bytes += graph.constants[update.state]?.byteCount ?? 0 }
    let (given, usual) = (
      try Recomputation.blocks.applied(to: graph, budget: bytes / 5), try Recomputation.blocks.applied(to: graph)
    )
    #expect(bytes > 0 && given.description == usual.description)
  }

  @Test(arguments: [0, 2000, .max])
  func resultsStayToTheLastBit(budget: Int) throws {
    let graph = try step()
    #expect(try Evaluation.difference(graph, Recomputation.blocks.applied(to: graph, budget: budget)) == 0)
  }
}
