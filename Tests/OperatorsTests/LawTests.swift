import CKernels
import Graphs
import Operators
import Tensors
import Testing

/// What holds for every operator, checked on every case.
struct LawTests {
  @Test func everyOperatorHasACase() {
    for type in OperatorCase.operators {
      #expect(
        OperatorCase.all.contains { Swift.type(of: $0.op) == type }, "\(type.name) has no case in OperatorCase.all")
    }
  }

  /// The elements inferred are written, all of them, and nothing around them.
  @Test(arguments: OperatorCase.all)
  func writesWhatItInfers(c: OperatorCase) throws {
    let graph = try c.forward
    let once = try NaiveEvaluator.outputs(graph, c.fed, garbage: 0x00)
    let again = try NaiveEvaluator.outputs(graph, c.fed, garbage: 0xFF)
    for (output, (a, b)) in zip(graph.outputs, zip(once, again)) {
      #expect(a.type == graph[output.value].type)
      #expect(a == b, "an element was left unwritten")
    }
  }

  @Test(arguments: OperatorCase.all.filter { $0.expected != nil })
  func computesWhatIsExpected(c: OperatorCase) throws {
    let actual = try NaiveEvaluator.outputs(try c.forward, c.fed)
    let expected = try #require(c.expected)
    try #require(actual.count == expected.count)
    for (y, wanted) in zip(actual, expected) {
      #expect(y.type == wanted.type)
      #expect(difference(y, wanted) <= c.tolerance, "\(y.numbers.prefix(8)) instead of \(wanted.numbers.prefix(8))")
    }
  }

  /// Contents that inference knows are the numbers that the kernel writes.
  @Test(arguments: OperatorCase.all)
  func contentsAreTheNumbers(c: OperatorCase) throws {
    let graph = try c.forward
    let actual = try NaiveEvaluator.outputs(graph, c.fed)
    for (output, array) in zip(graph.outputs, actual) {
      guard let contents = graph[output.value].contents else { continue }
      #expect(contents == array.integers?.map { Dimension($0) })
    }
  }

  @Test(arguments: OperatorCase.all)
  func kernelComputesTheDefinition(c: OperatorCase) throws {
    let graph = try c.forward
    let type = type(of: c.op)
    let expanded = try graph.expanding { _, node in
      Swift.type(of: node.op) == type || !Swift.type(of: node.op).isStandard
    }
    let actual = try NaiveEvaluator.outputs(graph, c.fed)
    for (y, wanted) in zip(actual, try NaiveEvaluator.outputs(expanded, c.fed)) {
      let error = difference(y, wanted)
      #expect(error <= c.tolerance, "differs from the definition by \(error) of its maximum")
    }
  }

  @Test(arguments: OperatorCase.all)
  func oneThreadIsTwoThreads(c: OperatorCase) throws {
    let graph = try c.forward
    ck_set_threads(1)
    let one = try NaiveEvaluator.outputs(graph, c.fed, threads: 1)
    ck_set_threads(2)
    let two = try NaiveEvaluator.outputs(graph, c.fed, threads: 2)
    for (a, b) in zip(one, two) { #expect(a == b, "results depend on the number of threads") }
  }

  @Test(arguments: OperatorCase.all)
  func inPlaceIsOutOfPlace(c: OperatorCase) throws {
    let graph = try c.forward
    let node = try #require(graph.nodes.first)
    let apart = try NaiveEvaluator.outputs(graph, c.fed)
    var numbers = graph.constants
    for (id, array) in zip(graph.inputs, c.fed) { numbers[id] = array }
    if node.op is any Macro { return }
    let kernel = try node.op.bind(try NaiveEvaluator.site(graph, node, threads: 2))
    for sharing in kernel.inPlace {
      let input = try #require(node.inputs[sharing.input].flatMap { numbers[$0] })
      try #require(input.byteCount == apart[sharing.output].byteCount, "the two must have equal size")
      let shared = try NaiveEvaluator.run(graph, node, numbers, threads: 2, sharing: sharing)
      for (a, b) in zip(apart, shared) { #expect(a == b, "output \(sharing.output) in input \(sharing.input) differs") }
    }
  }
}
