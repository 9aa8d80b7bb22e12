import CLIPModel
import Graphs
import Tensors
import TrainingGraphs

extension Model {
  /// What `trainable` decided.
  public struct TrainingChoice: Sendable {
    public var loss: Recipe.Loss
    public var positives: Recipe.Positives
    /// Names of the parameters that a step moves.
    public var trained: [String]
    /// Names of those that stay.
    public var frozen: [String]
    /// Whether the model was declared by this library: its training form is used then, and it can be drawn anew.
    public var isDeclared: Bool
  }

  /// The model with an algorithm that trains it: loss, gradients, AdamW. An algorithm that it has is replaced.
  ///
  /// A CLIP that this library declared gets what `Model.clip` gives; any other graph is differentiated, from its logits or else
  /// from the features of both towers, once attention, normalisations and activations in it have been recognised.
  ///
  /// - Parameters:
  ///   - adjust: changes the paper's hyper-parameters.
  ///   - loss: nil for the sigmoid loss where the model has a `logit_bias`, CLIP's otherwise.
  ///   - positives: which captions of a batch count as a picture's own.
  ///   - place: names the model in errors.
  /// - Throws: `ClipGraphError` where there is nothing to compare pictures with captions by, for weights that are not in
  ///   single precision, for operators without a gradient, and where identical captions are asked for and no input takes
  ///   captions.
  public func trainable(
    adjusting adjust: (Hyperparameters) -> Hyperparameters = { $0 }, loss: Recipe.Loss? = nil,
    positives: Recipe.Positives = .pair, freezing: ParameterFreezing = ParameterFreezing(), seed: Int = 0,
    place: String = "model"
  ) throws(ClipGraphError) -> (model: Model, choice: TrainingChoice) {
    let declared = try declaredConfiguration(place)
    let points = declared == nil ? EntryPoints(graph).withLogitScale : EntryPoints(graph)
    let graph = declared == nil && points.logits == nil ? points.graph : graph
    let parameters = declared == nil ? graph.trainableConstants : TrainingInfo.parameters(of: graph)
    try requireSinglePrecision(place)
    let names = parameters.map { graph[$0].name }
    let hasBias = names.contains { $0 == "logit_bias" || $0.hasSuffix(".logit_bias") }
    var recipe = Recipe(loss: loss ?? (hasBias ? .sigmoid : .softmax), positives: positives)
    recipe.frozen = try freezing.frozen(
      among: names, behind: { points.parameters(behind: $0) }, vision: declared?.vision, place: place)
    var result = self
    let scalars = adjust(declared.map { Hyperparameters(for: $0.vision) } ?? Hyperparameters())
    if let declared {
      result.training = try explaining(place) {
        try TrainingInfo.contrastive(training: graph, declared, scalars, recipe: recipe, seed: seed)
      }
    } else {
      let trained = parameters.filter { !recipe.frozen.contains(graph[$0].name) }
      result.graph = graph
      let base = try points.withEqualCounts(result.graph, place)
      let form = try explaining(place) { try base.withTrainingForm(keeping: Set(names)) }
      let similarity = try points.similarity(place, of: form)
      result.training = try explaining(place) {
        try TrainingInfo.contrastive(
          training: form.graph, similarity, captions: points.captions, parameters: trained, scalars, recipe: recipe)
      }
    }
    let states = Set(result.training.map { info in info.step.states.map { info.step[$0].name } } ?? [])
    let moved = names.filter(states.contains)
    guard !moved.isEmpty else {
      throw ClipGraphError(place, "has no parameter left that training would move; freeze fewer")
    }
    let choice = TrainingChoice(
      loss: recipe.loss, positives: recipe.positives, trained: moved,
      frozen: names.filter { !states.contains($0) }, isDeclared: declared != nil)
    return (result, choice)
  }

  /// The configuration of a whole CLIP whose graph is as this library declares it.
  private func declaredConfiguration(_ place: String) throws(ClipGraphError) -> CLIPConfiguration? {
    guard let metadata = try explaining(place, { try CLIPMetadata(of: self) }) else { return nil }
    let configuration = metadata.configuration
    var sizes: [String: [Int]] = [:]
    for (id, array) in graph.constants { sizes[graph[id].name] = array.sizes }
    let isWhole = configuration.parameters().allSatisfy {
      CLIPConfiguration.isCounter($0.name) || sizes[$0.name] == $0.sizes
    }
    return isWhole && graph.outputs.contains { $0.name == "logits_per_image" } ? configuration : nil
  }

  private func requireSinglePrecision(_ place: String) throws(ClipGraphError) {
    let bytes: Set<ScalarType> = [.int8, .uint8]
    let others = graph.constants.filter { id, array in
      array.count >= 8 && (bytes.contains(array.scalar) || array.scalar.isFloat && array.scalar != .float32)
    }
    guard let (id, array) = others.min(by: { $0.key < $1.key }) else { return }
    throw ClipGraphError(
      place,
      "\(graph[id].name) is \(array.type): training needs weights in single precision"
        + (array.scalar.isFloat
          ? " (clipgraph optimize converts them)" : "; this file is quantised, so take the model it was made from"))
  }
}

extension EntryPoints {
  /// The points of the graph with an initializer `logit_scale`, where it gives features of both towers and has no scale: the
  /// trained model says then what its cosines are multiplied with.
  fileprivate var withLogitScale: EntryPoints {
    guard logits == nil, image != nil, text != nil, LogitScale.stored(in: graph) == nil,
      graph.value(named: "logit_scale") == nil
    else { return self }
    var result = self
    let scale = NDArray(TrainingInfo.initialLogScale)
    let id = result.graph.addValue(Value(name: "logit_scale", type: scale.type))
    result.graph.constants[id] = scale
    return result
  }

  /// Names of the constants that a tower's features are made from; nil where the graph has no such features.
  func parameters(behind tower: Tower) -> Set<String>? {
    guard let entry = tower == .image ? image : text,
      let output = graph.outputs.first(where: { $0.name == entry.output })
    else { return nil }
    return graph.constantNames(behind: [output.value])
  }

  /// Where the loss begins.
  ///
  /// - Parameter form: what is differentiated, with its results by the names of the graph's outputs.
  fileprivate func similarity(
    _ place: String, of form: (graph: Graph, results: [String: ValueID])
  ) throws(ClipGraphError) -> TrainingInfo.Similarity {
    let graph = form.graph
    func value(_ name: String) -> ValueID? { form.results[name] }
    if let logits, let id = value(logits) {
      try requireSquare(graph[id].type.shape[0], graph[id].type.shape[1], place)
      return .logits(id)
    }
    guard let image, let text, let pictures = value(image.output), let captions = value(text.output) else {
      let missing = image == nil ? "image" : "text"
      throw ClipGraphError(
        place,
        "has no \(missing) features, so there is nothing to compare: training needs both towers in one file, with their "
          + "features or with logits; \(complaint(image == nil ? .image : .text))")
    }
    try requireSquare(image.outputType.shape[0], text.outputType.shape[0], place)
    guard image.outputType.shape[1] == text.outputType.shape[1] else {
      throw ClipGraphError(
        place, "its features differ in width: \(image.outputType) and \(text.outputType); they cannot be compared")
    }
    let scale = LogitScale.stored(in: self.graph).flatMap { $0.isLogarithm ? $0.id : nil }
    return .features(image: pictures, text: captions, logScale: scale)
  }

  /// A step takes as many captions as pictures, which the graph's types may leave open.
  fileprivate func withEqualCounts(_ graph: Graph, _ place: String) throws(ClipGraphError) -> Graph {
    guard let pictures = image?.inputType.shape[0], let captions = text?.inputType.shape[0], pictures != captions else {
      return graph
    }
    let (name, count) = pictures.symbolName.map { ($0, captions) } ?? (captions.symbolName ?? "", pictures)
    return try explaining(place) { try graph.substituting([name: count]) }
  }

  private func requireSquare(_ images: Dimension, _ texts: Dimension, _ place: String) throws(ClipGraphError) {
    guard let rows = images.constant, let columns = texts.constant, rows != columns || rows < 2 else { return }
    throw ClipGraphError(
      place,
      "is made for \(rows) pictures and \(columns) captions: a step needs as many of both, and two at least; export it with a "
        + "free batch")
  }
}
