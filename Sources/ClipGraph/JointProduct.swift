import Graphs
import Operators
import Tensors

/// Where pictures and captions meet: the first product of a matrix that depends on pictures alone with one that depends on
/// captions alone. Its factors are the features, but for positive factors, which cosines do not see.
struct JointProduct {
  /// The node's name.
  let product: String
  private let graph: Graph
  private let image: ValueID
  private let text: ValueID
  private let batches: (image: Dimension, text: Dimension)

  init?(_ graph: Graph, _ inputs: InputRoles, _ dependence: [ValueID: Set<ValueID>]) {
    guard let pictures = inputs.image, let captions = inputs.text else { return nil }
    func isMatrix(_ id: ValueID) -> Bool { graph[id].type.shape.rank == 2 && graph[id].type.scalar.isFloat }
    func needs(_ id: ValueID, _ input: ValueID) -> Bool { dependence[id]?.contains(input) ?? false }
    for node in graph.nodes {
      let factors = node.inputs.compactMap { $0 }.filter(isMatrix)
      guard let image = factors.first(where: { needs($0, pictures) && !needs($0, captions) }),
        let text = factors.first(where: { needs($0, captions) && !needs($0, pictures) })
      else { continue }
      product = node.name
      (self.graph, self.image, self.text) = (graph, image, text)
      batches = (graph[pictures].type.shape[0], graph[captions].type.shape[0])
      return
    }
    return nil
  }

  /// The graph with both factors as outputs, a row an item; nil where their axes cannot be told apart.
  var graphWithOutputs: (graph: Graph, image: Graph.Output, text: Graph.Output)? {
    let builder = GraphBuilder(extending: graph)
    guard let images = rows(image, batches.image, builder), let texts = rows(text, batches.text, builder) else {
      return nil
    }
    builder.output(freshName("image_features"), images)
    builder.output(freshName("text_features"), texts)
    guard let extended = try? builder.finish() else { return nil }
    let added = Array(extended.outputs.suffix(2))
    return (extended, added[0], added[1])
  }

  /// The factor with a row an item.
  private func rows(_ factor: ValueID, _ batch: Dimension, _ builder: GraphBuilder) -> Tensor? {
    let shape = graph[factor].type.shape
    let maker = graph.producers[factor].map { graph.nodes[$0] }
    let isTurned = (maker?.op as? Transpose).map { $0.order(2) == [1, 0] } ?? false
    if isTurned, let source = maker?.inputs.first, let source, shape[1] == batch { return Tensor(builder, source) }
    if shape[0] == batch { return Tensor(builder, factor) }
    return shape[1] == batch ? Tensor(builder, factor).transposed() : nil
  }

  private func freshName(_ wanted: String) -> String {
    var name = wanted
    while graph.outputs.contains(where: { $0.name == name }) { name += "_" }
    return name
  }
}
